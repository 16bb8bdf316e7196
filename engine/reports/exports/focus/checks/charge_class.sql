-- ChargeClass must be Correction where a row corrects a billing period that was invoiced before, and null elsewhere.
SELECT InvoiceId, x_LineItemId, ChargeClass
FROM 'focus.parquet'
WHERE ChargeClass IS DISTINCT FROM CASE WHEN x_LineItemType = 'correction' THEN 'Correction' END
