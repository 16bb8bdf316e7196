-- Is every invoice that was finalized still what it was then, line for line?
SELECT
    'finalized invoices' AS scope,
    count(*) AS "left",
    count(*) FILTER (content_hashes.content_hash = invoices.content_hash) AS "right"
FROM invoices
LEFT JOIN content_hashes ON content_hashes.invoice_id = invoices.id
WHERE invoices.status <> 'DRAFT'
