-- What each invoice says that it comes to, and what its lines do in its own currency; also lines without an invoice.
-- Grain: invoice_id.
WITH sums AS (
    SELECT
        line_items.invoice_id,
        any_value(line_items.customer_id) AS customer_id,
        any_value(line_items.currency) AS line_currency,
        sum(line_items.total) FILTER (
            invoices.id IS NULL OR (line_items.credit_type_id = invoices.credit_type_id AND line_items.in_total)
        ) AS total,
        count(*) AS line_items
    FROM line_items
    LEFT JOIN invoices ON invoices.id = line_items.invoice_id
    GROUP BY line_items.invoice_id
)
SELECT
    coalesce(invoices.id, sums.invoice_id) AS invoice_id,
    coalesce(invoices.customer_id, sums.customer_id) AS customer_id,
    invoices.customer_name,
    coalesce(invoices.type, 'none') AS type,
    coalesce(invoices.status, 'none') AS status,
    coalesce(invoices.currency, sums.line_currency) AS currency,
    invoices.total AS invoiced,
    coalesce(sums.total, 0)::DECIMAL(38, 26) AS summed,
    invoices.line_items AS invoiced_lines,
    coalesce(sums.line_items, 0) AS found_lines
FROM invoices
FULL JOIN sums ON sums.invoice_id = invoices.id
