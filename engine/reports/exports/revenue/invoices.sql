-- Every invoice by status and the date it takes effect, in whole units of its currency; void ones are not owed, and
-- consolidated ones repeat others.
-- Grain: month, invoice_id.
SELECT
    invoices.billing_period AS month,
    invoices.status,
    invoices.issued_at,
    invoices.id AS invoice_id,
    invoices.type,
    invoices.customer_id,
    invoices.customer_name,
    invoices.contract_id,
    invoices.starting_at,
    invoices.ending_before,
    invoices.finalized_at,
    invoices.voided_at,
    invoices.net_payment_terms_days,
    in_whole_units(invoices.total, whole_names.is_cents) AS total,
    in_whole_units(invoices.payable, whole_names.is_cents) AS payable,
    whole_names.name AS currency
FROM published_invoices AS invoices
JOIN whole_names USING (currency)
ORDER BY invoices.status, invoices.issued_at, invoices.billing_period, invoices.row_no
