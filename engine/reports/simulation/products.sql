-- What changes in each product, and for how many customers? What brings the most more comes first.
-- Grain: product_id (product_name where there is none), currency.
WITH by_customer AS (
    SELECT
        product_id,
        product_name,
        currency,
        customer_id,
        sum(before) AS before,
        sum(after) AS after,
        sum(difference) AS difference
    FROM amounts
    GROUP BY ALL
)
SELECT
    product_id,
    product_name,
    currency,
    sum(before) AS before,
    sum(after) AS after,
    sum(difference) AS difference,
    count(*) FILTER (difference > 0) AS customers_paying_more,
    count(*) FILTER (difference < 0) AS customers_paying_less
FROM by_customer
GROUP BY product_id, product_name, currency
ORDER BY currency, sum(difference) DESC, product_name, product_id
