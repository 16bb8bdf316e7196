-- What an invoice spends in a custom pricing unit is exactly what its conversion line converts.
WITH spent AS (
    SELECT line_items.invoice_id, line_items.credit_type_id, line_items.currency, sum(line_items.total) AS total
    FROM line_items
    JOIN invoices ON invoices.id = line_items.invoice_id
    WHERE line_items.credit_type_id <> invoices.credit_type_id
    GROUP BY ALL
),
converted AS (
    SELECT
        line_items.invoice_id,
        conversion_lines.converted_credit_type_id AS credit_type_id,
        line_items.quantity::DECIMAL(38, 26) AS total
    FROM line_items
    JOIN conversion_lines
        ON conversion_lines.invoice_id = coalesce(line_items.origin_invoice_id, line_items.invoice_id)
        AND conversion_lines.own_name = line_items.name
    WHERE line_items.type = 'cpu_conversion'
)
SELECT invoice_id, credit_type_id, spent.total AS spent, sum(converted.total) AS converted
FROM spent
FULL JOIN converted USING (invoice_id, credit_type_id)
GROUP BY ALL
HAVING coalesce(spent.total, 0) <> coalesce(sum(converted.total), 0)
