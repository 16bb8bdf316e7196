-- Which usage has no price, and what would it come to at list?
-- At the highest list price that a line of the same product has in the same billing period, when there is one.
-- Grain: as the output unrated.
WITH list_prices AS (
    SELECT product_id, credit_type_id, any_value(currency) AS currency, max(list_unit_price) AS list_unit_price
    FROM line_items
    WHERE list_unit_price IS NOT NULL
    GROUP BY product_id, credit_type_id
    QUALIFY row_number() OVER (PARTITION BY product_id ORDER BY count(*) DESC, credit_type_id) = 1
)
SELECT
    unrated.*,
    list_prices.list_unit_price,
    try(trunc(unrated.quantity, 12)::DECIMAL(38, 12) * list_prices.list_unit_price::DECIMAL(38, 12)) AS estimated_value,
    list_prices.currency
FROM unrated
LEFT JOIN list_prices USING (product_id)
ORDER BY ALL
