-- Which contracts cannot be billed exactly for what they are charged, and why?
-- Settled before balances are drawn: for their usage, for an amount that no exact decimal holds, or because all their
-- charges together leave the range of exact amounts.
-- Grain: contract_id, product_id, detail.
WITH largest AS (
    SELECT contract_id, customer_id, sum(ceil(abs(total))::DECIMAL(38, 0)) AS total
    FROM charges
    GROUP BY contract_id, customer_id
),
found AS (
    SELECT * FROM parked_usage
    UNION ALL
    SELECT
        contract_id,
        customer_id,
        product_id,
        'beyond_exact_range' AS reason,
        CASE
            WHEN quantity IS NULL THEN 'a quantity needs more digits than an exact decimal holds'
            WHEN unit_price IS NULL THEN 'a unit price needs more digits than an exact decimal holds'
            ELSE 'an amount needs more digits than an exact decimal holds'
        END
    FROM charges
    WHERE quantity IS NULL OR unit_price IS NULL OR total IS NULL
    UNION ALL
    SELECT contract_id, customer_id, NULL, 'beyond_exact_range', 'an invoice of 500,000,000,000 or more'
    FROM largest
    WHERE total >= 500000000000
    UNION ALL
    SELECT contract_id, customer_id, product_id, 'beyond_exact_range', 'a quantity needs more digits than an exact decimal holds'
    FROM composite_settle
    WHERE spend IS NULL OR spend_before IS NULL OR spend_after IS NULL
)
SELECT DISTINCT contract_id, customer_id, product_id, reason, detail
FROM found
