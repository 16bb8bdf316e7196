-- An invoice is exactly the sum of its lines, and no line is without an invoice.
WITH sums AS (
    SELECT invoice_id, sum(total) AS total, count(*) AS line_items
    FROM line_items
    GROUP BY invoice_id
)
SELECT coalesce(invoices.id, sums.invoice_id) AS id, invoices.total AS invoiced, sums.total AS summed
FROM invoices
FULL JOIN sums ON sums.invoice_id = invoices.id
WHERE invoices.id IS NULL
    OR invoices.total <> coalesce(sums.total, 0)
    OR invoices.line_items <> coalesce(sums.line_items, 0)
