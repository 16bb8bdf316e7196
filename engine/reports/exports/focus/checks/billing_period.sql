-- BillingPeriodStart must lie before BillingPeriodEnd, and all rows of an InvoiceId have the same of both.
SELECT InvoiceId
FROM 'focus.parquet'
GROUP BY InvoiceId
HAVING min(BillingPeriodEnd) <= max(BillingPeriodStart)
    OR min(BillingPeriodStart) <> max(BillingPeriodStart)
    OR min(BillingPeriodEnd) <> max(BillingPeriodEnd)
