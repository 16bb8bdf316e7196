-- What changes in each month, and for how many customers?
-- Grain: month, currency.
WITH by_customer AS (
    SELECT
        month,
        currency,
        customer_id,
        sum(before) AS before,
        sum(after) AS after,
        sum(difference) AS difference
    FROM amounts
    GROUP BY ALL
)
SELECT
    month,
    currency,
    sum(before) AS before,
    sum(after) AS after,
    sum(difference) AS difference,
    count(*) FILTER (difference > 0) AS customers_paying_more,
    count(*) FILTER (difference < 0) AS customers_paying_less
FROM by_customer
GROUP BY month, currency
ORDER BY month, currency
