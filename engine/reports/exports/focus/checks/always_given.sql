-- These columns must not be null in any row.
SELECT InvoiceId, x_LineItemId, given."column"
FROM 'focus.parquet'
CROSS JOIN LATERAL (
    VALUES
        ('BilledCost', BilledCost IS NULL),
        ('BillingAccountId', BillingAccountId IS NULL),
        ('BillingAccountType', BillingAccountType IS NULL),
        ('BillingCurrency', BillingCurrency IS NULL),
        ('BillingPeriodEnd', BillingPeriodEnd IS NULL),
        ('BillingPeriodStart', BillingPeriodStart IS NULL),
        ('ChargeCategory', ChargeCategory IS NULL),
        ('ChargeFrequency', ChargeFrequency IS NULL),
        ('ChargePeriodEnd', ChargePeriodEnd IS NULL),
        ('ChargePeriodStart', ChargePeriodStart IS NULL),
        ('ContractedCost', ContractedCost IS NULL),
        ('EffectiveCost', EffectiveCost IS NULL),
        ('InvoiceIssuerName', InvoiceIssuerName IS NULL),
        ('ListCost', ListCost IS NULL),
        ('PricingCurrency', PricingCurrency IS NULL),
        ('PricingCurrencyEffectiveCost', PricingCurrencyEffectiveCost IS NULL),
        ('ProviderName', ProviderName IS NULL),
        ('PublisherName', PublisherName IS NULL),
        ('ServiceCategory', ServiceCategory IS NULL),
        ('ServiceName', ServiceName IS NULL)
) AS given ("column", is_missing)
WHERE given.is_missing
