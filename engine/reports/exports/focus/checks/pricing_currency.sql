-- Where PricingCurrency is BillingCurrency, prices and effective cost must be the same in both.
SELECT InvoiceId, x_LineItemId, PricingCurrency
FROM 'focus.parquet'
WHERE PricingCurrency = BillingCurrency
    AND (
        PricingCurrencyContractedUnitPrice IS DISTINCT FROM ContractedUnitPrice
        OR PricingCurrencyListUnitPrice IS DISTINCT FROM ListUnitPrice
        OR PricingCurrencyEffectiveCost IS DISTINCT FROM EffectiveCost
    )
