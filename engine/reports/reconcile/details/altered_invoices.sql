-- Which finalized invoices are no longer what they were?
-- Grain: id.
SELECT
    invoices.id,
    invoices.customer_name,
    invoices.type,
    invoices.status,
    invoices.finalized_at,
    invoices.content_hash AS finalized_hash,
    content_hashes.content_hash AS found_hash
FROM invoices
LEFT JOIN content_hashes ON content_hashes.invoice_id = invoices.id
WHERE invoices.status <> 'DRAFT' AND content_hashes.content_hash IS DISTINCT FROM invoices.content_hash
ORDER BY invoices.id
