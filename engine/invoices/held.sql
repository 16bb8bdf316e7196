-- Which invoices are held back, as people read it?
-- Grain: invoice_id.
SELECT
    reasons.invoice_id,
    invoices.customer_name,
    invoices.type,
    invoices.total,
    invoices.currency,
    reasons.reason,
    reasons.detail
FROM reasons
JOIN invoices ON invoices.id = reasons.invoice_id
ORDER BY invoices.position
