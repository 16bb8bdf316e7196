-- A consolidated invoice comes to exactly what the invoices that it puts together come to.
SELECT consolidations.invoice_id, consolidated.total AS consolidated, sum(sources.total) AS summed
FROM consolidations
JOIN invoices AS consolidated ON consolidated.id = consolidations.invoice_id
JOIN invoices AS sources ON sources.id = consolidations.source_invoice_id
GROUP BY ALL
HAVING consolidated.total <> sum(sources.total)
