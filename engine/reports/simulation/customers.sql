-- What changes for each customer who was billed? Who pays the most more comes first, who pays the most less last.
-- Grain: customer_id, currency.
SELECT
    customer_id,
    customer_name,
    currency,
    sum(before) AS before,
    sum(after) AS after,
    sum(difference) AS difference
FROM amounts
GROUP BY ALL
ORDER BY currency, sum(difference) DESC, customer_name, customer_id
