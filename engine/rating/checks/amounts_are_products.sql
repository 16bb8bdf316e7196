-- A line costs exactly its quantity times its unit price. Usage, of which there is most, is multiplied in the run's
-- narrow types, which have room; compared in one type, because DuckDB compares decimals of two scales at the coarser one.
-- What balances split is exact in money, and its quantity a quotient: another check is for those.
WITH products_of AS (
    SELECT
        id,
        quantity,
        unit_price,
        total,
        CASE
            WHEN type = 'usage' AND billable_metric_id IS NOT NULL
            THEN try_cast(try(quantity::QUANTITY * unit_price::UNIT_PRICE) AS DECIMAL(38, 26))
            ELSE exact_product(quantity, unit_price)
        END AS product
    FROM line_items
    ANTI JOIN drawing_contracts ON drawing_contracts.contract_id = coalesce(origin_contract_id, line_items.contract_id)
)
SELECT id, quantity, unit_price, total
FROM products_of
WHERE total IS DISTINCT FROM product
