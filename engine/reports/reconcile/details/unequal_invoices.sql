-- Which invoices are not the sum of their lines, or have other lines than they say; and which lines have no invoice?
-- Grain: invoice_id.
SELECT *
FROM invoice_sums
WHERE invoiced IS DISTINCT FROM summed OR invoiced_lines IS DISTINCT FROM found_lines
ORDER BY invoice_id
