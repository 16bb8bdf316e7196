-- A line costs exactly its quantity times its unit price. Each kind of line is multiplied in types that have room for
-- it; compared in one type, because DuckDB compares decimals of two scales at the coarser one.
WITH products_of AS (
    SELECT
        id,
        quantity,
        unit_price,
        total,
        CASE
            WHEN type = 'usage' AND billable_metric_id IS NOT NULL
            THEN try_cast(try(quantity::QUANTITY * unit_price::UNIT_PRICE) AS DECIMAL(38, 26))
            WHEN try_cast(try_cast(quantity AS DECIMAL(38, 8)) AS DECIMAL(38, 18)) = quantity
            THEN try_cast(try(quantity::DECIMAL(38, 8) * unit_price::DECIMAL(38, 18)) AS DECIMAL(38, 26))
            ELSE try_cast(try(quantity::DECIMAL(38, 18) * unit_price::DECIMAL(38, 8)) AS DECIMAL(38, 26))
        END AS product
    FROM line_items
)
SELECT id, quantity, unit_price, total
FROM products_of
WHERE total IS DISTINCT FROM product
