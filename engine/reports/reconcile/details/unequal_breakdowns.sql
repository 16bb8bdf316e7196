-- Which drafts are not the sum of their days?
-- Grain: invoice_id.
SELECT * FROM breakdown_sums WHERE invoiced <> by_day ORDER BY invoice_id
