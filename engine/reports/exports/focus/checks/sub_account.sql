-- SubAccountName and SubAccountType must be given exactly where SubAccountId is.
SELECT InvoiceId, x_LineItemId, SubAccountId
FROM 'focus.parquet'
WHERE (SubAccountId IS NULL) <> (SubAccountName IS NULL) OR (SubAccountId IS NULL) <> (SubAccountType IS NULL)
