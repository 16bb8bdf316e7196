-- BillingCurrency must be a code of ISO 4217.
SELECT InvoiceId, x_LineItemId, BillingCurrency
FROM 'focus.parquet'
WHERE NOT regexp_full_match(BillingCurrency, '[A-Z]{3}')
