-- What each invoice spends in each custom pricing unit, and whether a conversion line takes over exactly as much.
-- Balances can cut a conversion line into parts, which are added up by name.
-- Grain: invoice_id, credit_type_id.
WITH spent AS (
    SELECT
        line_items.invoice_id,
        line_items.credit_type_id,
        line_items.currency,
        sum(line_items.total)::DECIMAL(38, 26) AS spent
    FROM line_items
    JOIN invoices ON invoices.id = line_items.invoice_id
    WHERE line_items.credit_type_id <> invoices.credit_type_id
    GROUP BY ALL
),
converted AS (
    SELECT invoice_id, name, sum(quantity)::DECIMAL(38, 26) AS converted
    FROM line_items
    WHERE type = 'cpu_conversion'
    GROUP BY ALL
)
SELECT
    spent.*,
    spent.spent = 0 OR EXISTS (
        FROM converted WHERE converted.invoice_id = spent.invoice_id AND converted.converted = spent.spent
    ) AS is_converted
FROM spent
