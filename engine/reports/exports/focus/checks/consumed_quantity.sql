-- ConsumedQuantity and ConsumedUnit must not be null for usage that corrects nothing, and must be null for what is no usage.
SELECT InvoiceId, x_LineItemId, ConsumedQuantity, ConsumedUnit
FROM 'focus.parquet'
WHERE (ChargeCategory = 'Usage' AND ChargeClass IS NULL AND ConsumedQuantity IS NULL)
    OR (ChargeCategory <> 'Usage' AND ConsumedQuantity IS NOT NULL)
    OR (ConsumedQuantity IS NULL) <> (ConsumedUnit IS NULL)
