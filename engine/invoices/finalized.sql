-- What do the invoices of a billing period say once these are final?
-- Nothing is computed: status, the instant, the hash of what each says. That a run had computed a row, which the rows of
-- that run do not say, is said from here on.
-- Grain: id.
SELECT invoices.* REPLACE (
    CASE WHEN hashes.invoice_id IS NULL THEN invoices.status ELSE 'FINALIZED' END AS status,
    CASE WHEN hashes.invoice_id IS NULL THEN invoices.finalized_at ELSE $now::TIMESTAMP END AS finalized_at,
    coalesce(invoices.computed_by, $computed_by) AS computed_by,
    coalesce(hashes.content_hash, invoices.content_hash) AS content_hash
)
FROM invoices
LEFT JOIN hashes ON hashes.invoice_id = invoices.id
ORDER BY invoices.position
