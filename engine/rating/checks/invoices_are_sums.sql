-- An invoice is exactly the sum of its lines in its own currency, and no line is without an invoice.
WITH sums AS (
    SELECT
        line_items.invoice_id,
        sum(line_items.total) FILTER (
            invoices.id IS NULL OR (line_items.credit_type_id = invoices.credit_type_id AND line_items.in_total)
        ) AS total,
        count(*) AS line_items
    FROM line_items
    LEFT JOIN invoices ON invoices.id = line_items.invoice_id
    GROUP BY line_items.invoice_id
)
SELECT coalesce(invoices.id, sums.invoice_id) AS id, invoices.total AS invoiced, sums.total AS summed
FROM invoices
FULL JOIN sums ON sums.invoice_id = invoices.id
WHERE invoices.id IS NULL
    OR invoices.total <> coalesce(sums.total, 0)
    OR invoices.line_items <> coalesce(sums.line_items, 0)
