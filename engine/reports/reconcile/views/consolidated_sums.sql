-- What each consolidated invoice comes to, and the invoices that it puts together.
-- Grain: invoice_id.
WITH sources AS (
    SELECT id, currency, credit_type_id, total, unnest(from_json(constituent_invoices, '["VARCHAR"]')) AS source_id
    FROM invoices
    WHERE type = 'USAGE_CONSOLIDATED'
)
SELECT
    sources.id AS invoice_id,
    sources.currency,
    sources.total,
    sum(invoices.total)::DECIMAL(38, 26) AS sources_total,
    sources.total = coalesce(sum(invoices.total), 0)::DECIMAL(38, 26)
        AND count(invoices.id) = count(*)
        AND bool_and(invoices.credit_type_id = sources.credit_type_id) AS is_sum
FROM sources
LEFT JOIN invoices ON invoices.id = sources.source_id
GROUP BY sources.id, sources.currency, sources.total
