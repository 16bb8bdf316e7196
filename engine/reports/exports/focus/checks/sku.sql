-- SkuId and SkuPriceId must not be null for usage and purchases that correct nothing, and must be null for taxes.
SELECT InvoiceId, x_LineItemId, SkuId, SkuPriceId
FROM 'focus.parquet'
WHERE (ChargeCategory IN ('Usage', 'Purchase') AND ChargeClass IS NULL AND (SkuId IS NULL OR SkuPriceId IS NULL))
    OR (ChargeCategory = 'Tax' AND (SkuId IS NOT NULL OR SkuPriceId IS NOT NULL))
