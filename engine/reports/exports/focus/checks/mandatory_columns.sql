-- The 21 columns that FOCUS 1.2 makes mandatory must be present.
SELECT mandatory."column"
FROM (
    VALUES
        ('BilledCost'), ('BillingAccountId'), ('BillingAccountName'), ('BillingCurrency'), ('BillingPeriodEnd'),
        ('BillingPeriodStart'), ('ChargeCategory'), ('ChargeClass'), ('ChargeDescription'), ('ChargePeriodEnd'),
        ('ChargePeriodStart'), ('ContractedCost'), ('EffectiveCost'), ('InvoiceIssuerName'), ('ListCost'),
        ('PricingQuantity'), ('PricingUnit'), ('ProviderName'), ('PublisherName'), ('ServiceCategory'), ('ServiceName')
) AS mandatory ("column")
WHERE mandatory."column" NOT IN (SELECT name FROM parquet_schema('focus.parquet'))
