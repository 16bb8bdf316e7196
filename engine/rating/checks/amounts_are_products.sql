-- A line costs exactly its quantity times its unit price. (Multiplied in the run's narrow types, which have room.)
SELECT id, quantity, unit_price, total
FROM line_items
WHERE total IS DISTINCT FROM try(quantity::QUANTITY * unit_price::UNIT_PRICE)
