-- PricingQuantity and PricingUnit must not be null for usage and purchases that correct nothing, and must be null for
-- taxes; one is not given without the other.
SELECT InvoiceId, x_LineItemId, PricingQuantity, PricingUnit
FROM 'focus.parquet'
WHERE (ChargeCategory IN ('Usage', 'Purchase') AND ChargeClass IS NULL AND PricingQuantity IS NULL)
    OR (ChargeCategory = 'Tax' AND PricingQuantity IS NOT NULL)
    OR (PricingQuantity IS NULL) <> (PricingUnit IS NULL)
