-- A line costs exactly its quantity times its unit price. Usage, of which there is most, is multiplied in the run's
-- narrow types, which have room; compared in one type, because DuckDB compares decimals of two scales at the coarser one.
-- Where balances cover part of a line, amounts are exact and the quantities that stand for them are quotients to 12
-- places: each part may bring half of the last one. What they take off has no price, and another check.
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
        END AS product,
        0 AS covers
    FROM line_items
    ANTI JOIN drawing_contracts ON drawing_contracts.contract_id = coalesce(origin_contract_id, line_items.contract_id)
    UNION ALL
    SELECT
        id,
        quantity,
        unit_price,
        total,
        exact_product(quantity, unit_price) AS product,
        count(commit_segment_id) OVER (PARTITION BY invoice_id, product_id, starting_at) AS covers
    FROM line_items
    SEMI JOIN drawing_contracts ON drawing_contracts.contract_id = coalesce(origin_contract_id, line_items.contract_id)
    WHERE type <> 'applied_commit_or_credit'
)
SELECT id, quantity, unit_price, total
FROM products_of
WHERE CASE covers
    WHEN 0 THEN total IS DISTINCT FROM product
    ELSE coalesce(abs(total - product) > (covers * 0.0000000000005::DECIMAL(13, 13) * abs(unit_price)), total IS NULL)
END
