-- ChargeFrequency must be One-Time, Recurring or Usage-Based, and not Usage-Based for a purchase.
SELECT InvoiceId, x_LineItemId, ChargeFrequency
FROM 'focus.parquet'
WHERE ChargeFrequency NOT IN ('One-Time', 'Recurring', 'Usage-Based')
    OR (ChargeCategory = 'Purchase' AND ChargeFrequency = 'Usage-Based')
