-- Which contracts cannot be billed exactly, and why?
-- They are set aside with a reason and everybody else is billed (DESIGN §8). Amounts have 26 decimal places, which
-- leaves twelve digits before the point; an invoice may use eleven of them and half of the twelfth.
-- Grain: contract_id, product_id, detail.
WITH largest AS (
    SELECT contract_id, customer_id, sum(ceil(abs(total))::DECIMAL(38, 0)) AS total
    FROM price
    GROUP BY ALL
)
SELECT DISTINCT
    contract_id,
    customer_id,
    product_id,
    'beyond_exact_range' AS reason,
    'a quantity needs more digits than an exact decimal holds' AS detail
FROM convert_and_round
WHERE quantity_before IS NULL OR quantity_after IS NULL
UNION ALL
SELECT DISTINCT
    contract_id,
    customer_id,
    product_id,
    'beyond_exact_range' AS reason,
    CASE
        WHEN unit_price IS NULL THEN 'a unit price needs more digits than an exact decimal holds'
        ELSE 'an amount needs more digits than an exact decimal holds'
    END AS detail
FROM price
WHERE segment_quantity IS NOT NULL
    AND (unit_price IS NULL OR total IS NULL)
UNION ALL
SELECT
    contract_id,
    customer_id,
    NULL AS product_id,
    'beyond_exact_range' AS reason,
    'an invoice of 500,000,000,000 or more' AS detail
FROM largest
WHERE total >= 500000000000
ORDER BY ALL
