-- What changes for whom, in which product and month? What stays the same has no row.
-- Grain: month, customer_id, product_id (product_name where there is none), currency.
SELECT *
FROM amounts
WHERE difference <> 0
ORDER BY month, customer_name, customer_id, currency, product_name, product_id
