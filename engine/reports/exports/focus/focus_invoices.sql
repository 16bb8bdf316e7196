-- What is payable of every invoice that is owed, in whole units of its currency, for the rule that rows add up to it.
-- Grain: InvoiceId.
SELECT
    invoices.id AS InvoiceId,
    invoices.customer_id AS BillingAccountId,
    whole_names.name AS BillingCurrency,
    in_whole_units(invoices.payable, whole_names.is_cents) AS PayableAmount,
    invoices.status AS x_InvoiceStatus,
    invoices.billing_period AS x_BillingMonth
FROM published_invoices AS invoices
JOIN whole_names USING (currency)
WHERE invoices.status <> 'VOID' AND invoices.type <> 'USAGE_CONSOLIDATED'
ORDER BY invoices.billing_period, invoices.row_no
