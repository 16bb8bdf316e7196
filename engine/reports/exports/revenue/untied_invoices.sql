-- Which invoices do the lines of revenue not add up to?
-- Grain: invoice_id.
WITH billed AS (
    SELECT billing_period, invoice_id, sum(invoiced) AS invoiced
    FROM billed_lines
    GROUP BY ALL
)
SELECT
    invoices.id AS invoice_id,
    coalesce(billed.invoiced, 0)::DECIMAL(38, 26) AS invoiced,
    in_whole_units(invoices.payable, whole_names.is_cents) AS payable
FROM published_invoices AS invoices
JOIN whole_names USING (currency)
LEFT JOIN billed ON billed.invoice_id = invoices.id AND billed.billing_period = invoices.billing_period
WHERE invoices.status <> 'VOID'
    AND invoices.type <> 'USAGE_CONSOLIDATED'
    AND coalesce(billed.invoiced, 0) IS DISTINCT FROM in_whole_units(invoices.payable, whole_names.is_cents)
ORDER BY invoices.billing_period, invoices.row_no
