-- A line of usage lies within the statement period of its invoice and is never empty in time.
SELECT line_items.id, line_items.starting_at, line_items.ending_before
FROM line_items
JOIN invoices ON invoices.id = coalesce(line_items.origin_invoice_id, line_items.invoice_id)
WHERE line_items.type = 'usage'
    AND (
        line_items.starting_at < invoices.starting_at
        OR line_items.ending_before > invoices.ending_before
        OR line_items.starting_at >= line_items.ending_before
    )
