-- Columns that FOCUS does not define must begin with x_, and stand behind those that it does.
WITH columns AS (
    SELECT name, row_number() OVER () AS position
    FROM parquet_schema('focus.parquet')
    WHERE num_children IS NULL
)
SELECT columns.name
FROM columns
WHERE (
        NOT starts_with(columns.name, 'x_')
        AND EXISTS (
            SELECT 1 FROM columns AS before WHERE before.position < columns.position AND starts_with(before.name, 'x_')
        )
    )
    OR columns.name NOT IN (
        'BilledCost', 'BillingAccountId', 'BillingAccountName', 'BillingAccountType', 'BillingCurrency',
        'BillingPeriodEnd', 'BillingPeriodStart', 'ChargeCategory', 'ChargeClass', 'ChargeDescription',
        'ChargeFrequency', 'ChargePeriodEnd', 'ChargePeriodStart', 'ConsumedQuantity', 'ConsumedUnit',
        'ContractedCost', 'ContractedUnitPrice', 'EffectiveCost', 'InvoiceId', 'InvoiceIssuerName', 'ListCost',
        'ListUnitPrice', 'PricingCategory', 'PricingCurrency', 'PricingCurrencyContractedUnitPrice',
        'PricingCurrencyEffectiveCost', 'PricingCurrencyListUnitPrice', 'PricingQuantity', 'PricingUnit',
        'ProviderName', 'PublisherName', 'ServiceCategory', 'ServiceName', 'SkuId', 'SkuMeter', 'SkuPriceId',
        'SubAccountId', 'SubAccountName', 'SubAccountType', 'Tags'
    )
    AND NOT starts_with(columns.name, 'x_')
