-- Which categories of which products need accounts?
-- Grain: category, product_id, product_name.
SELECT DISTINCT category, product_id, product_name
FROM revenue_lines
WHERE amount <> 0
ORDER BY category, product_name, product_id
