-- Unit prices must not be null for usage and purchases that correct nothing, must be null for taxes, and are never negative.
SELECT InvoiceId, x_LineItemId, prices.name
FROM 'focus.parquet'
CROSS JOIN LATERAL (
    VALUES
        ('ContractedUnitPrice', ContractedUnitPrice),
        ('ListUnitPrice', ListUnitPrice),
        ('PricingCurrencyContractedUnitPrice', PricingCurrencyContractedUnitPrice),
        ('PricingCurrencyListUnitPrice', PricingCurrencyListUnitPrice)
) AS prices (name, price)
WHERE (ChargeCategory IN ('Usage', 'Purchase') AND ChargeClass IS NULL AND prices.price IS NULL)
    OR (ChargeCategory = 'Tax' AND prices.price IS NOT NULL)
    OR prices.price < 0
