-- Is every line in the currency of its invoice, but for those in a custom pricing unit that a conversion line converts?
SELECT
    'lines' AS scope,
    count(*) AS "left",
    count(*) FILTER (line_items.credit_type_id = invoices.credit_type_id OR spent_units.is_converted) AS "right"
FROM line_items
LEFT JOIN invoices ON invoices.id = line_items.invoice_id
LEFT JOIN spent_units
    ON spent_units.invoice_id = line_items.invoice_id
    AND spent_units.credit_type_id = line_items.credit_type_id
