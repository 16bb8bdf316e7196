-- What each draft comes to, and what its days come to; consolidated ones only repeat others.
-- Grain: invoice_id.
WITH days AS (
    SELECT breakdown_lines.invoice_id, sum(breakdown_lines.total)::DECIMAL(38, 26) AS total
    FROM breakdown_lines
    JOIN invoices ON invoices.id = breakdown_lines.invoice_id
    WHERE breakdown_lines.in_total AND breakdown_lines.credit_type_id = invoices.credit_type_id
    GROUP BY breakdown_lines.invoice_id
)
SELECT
    invoices.id AS invoice_id,
    invoices.customer_name,
    invoices.type,
    invoices.currency,
    invoices.total AS invoiced,
    coalesce(days.total, 0)::DECIMAL(38, 26) AS by_day
FROM invoices
LEFT JOIN days ON days.invoice_id = invoices.id
WHERE invoices.status = 'DRAFT' AND invoices.type <> 'USAGE_CONSOLIDATED'
