-- How did each customer's total move from the billing period before? Who had none before, or has none now, has NULL there.
-- Grain: currency, customer_id.
SELECT
    currency,
    customer_id,
    customer_name,
    nullif(previous, 0) AS previous,
    nullif(total, 0) AS total,
    change
FROM customer_totals
WHERE change <> 0
ORDER BY abs(change) DESC, currency, customer_id
