-- Invoices whose days do not add up to them. What is consolidated is broken down where it comes from, and what is void
-- not at all.
-- Grain: id.
SELECT invoices.id, coalesce(sum(days.total), 0)::VARCHAR AS broken_down, invoices.total::VARCHAR AS total
FROM invoice_rows AS invoices
LEFT JOIN breakdown_invoices AS days ON days.invoice_id = invoices.id
WHERE invoices.status IN ('DRAFT', 'FINALIZED') AND invoices.duckbill_invoice_type <> 'USAGE_CONSOLIDATED'
GROUP BY invoices.id, invoices.total
HAVING coalesce(sum(days.total), 0) <> invoices.total
ORDER BY invoices.id
