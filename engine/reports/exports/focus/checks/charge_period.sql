-- ChargePeriodStart must lie before ChargePeriodEnd.
SELECT InvoiceId, x_LineItemId
FROM 'focus.parquet'
WHERE ChargePeriodEnd <= ChargePeriodStart
