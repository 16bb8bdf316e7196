-- A line costs exactly its quantity times its unit price. Multiplied in the run's narrow types, which have room;
-- compared in one type, because DuckDB compares decimals of two scales at the coarser one.
SELECT id, quantity, unit_price, total
FROM line_items
WHERE total IS DISTINCT FROM try_cast(try(quantity::QUANTITY * unit_price::UNIT_PRICE) AS DECIMAL(38, 26))
