-- The spend under a composite charge is on its lines, unrated or not entitled: nothing more, nothing less.
WITH settled AS (
    SELECT contract_id, product_id, period_starting_at, sum(spend) AS spend
    FROM composite_settle
    ANTI JOIN parked USING (contract_id)
    WHERE outcome = 'billed'
    GROUP BY ALL
),
lines AS (
    SELECT contract_id, product_id, period_starting_at, sum(quantity) AS spend
    FROM line_items
    JOIN products USING (product_id)
    WHERE products.product_type = 'COMPOSITE'
        AND line_items.origin_line_item_id IS NULL
        AND NOT (line_items.name <> line_items.product_name)
    GROUP BY ALL
)
SELECT contract_id, product_id, period_starting_at, settled.spend AS settled, lines.spend AS billed
FROM settled
FULL JOIN lines USING (contract_id, product_id, period_starting_at)
WHERE coalesce(settled.spend, 0)::DECIMAL(38, 18) <> coalesce(lines.spend, 0)::DECIMAL(38, 18)
