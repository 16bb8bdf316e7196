-- ChargeCategory must be Usage, Purchase, Tax, Credit or Adjustment.
SELECT InvoiceId, x_LineItemId, ChargeCategory
FROM 'focus.parquet'
WHERE ChargeCategory NOT IN ('Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment')
