-- An InvoiceId must belong to one BillingAccountId and one BillingCurrency.
SELECT InvoiceId
FROM 'focus.parquet'
GROUP BY InvoiceId
HAVING count(DISTINCT BillingAccountId) <> 1 OR count(DISTINCT BillingCurrency) <> 1
