-- PricingCategory must be Standard, Dynamic, Committed or Other for usage and purchases that correct nothing, and null for
-- taxes.
SELECT InvoiceId, x_LineItemId, PricingCategory
FROM 'focus.parquet'
WHERE PricingCategory NOT IN ('Standard', 'Dynamic', 'Committed', 'Other')
    OR (PricingCategory IS NULL AND ChargeCategory IN ('Usage', 'Purchase') AND ChargeClass IS NULL)
    OR (PricingCategory IS NOT NULL AND ChargeCategory = 'Tax')
