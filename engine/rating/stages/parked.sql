-- Which contracts cannot be billed exactly, and why?
-- They are set aside with a reason and everybody else is billed (DESIGN §8): for what they are charged, for what custom
-- pricing units are worth, for what a balance covers, or because those who share their balances have to wait.
-- Grain: contract_id, product_id, detail.
WITH converted AS (
    SELECT contract_id, customer_id, sum(ceil(abs(total))::DECIMAL(38, 0)) AS total
    FROM (
        SELECT contract_id, customer_id, total FROM conversion_lines
        UNION ALL
        SELECT contract_id, customer_id, total
        FROM charges
        SEMI JOIN conversion_lines ON conversion_lines.contract_id = charges.contract_id
    )
    GROUP BY contract_id, customer_id
),
inexact_pools AS (
    SELECT coverable_lines.pool_no
    FROM draws
    JOIN coverable_lines USING (line_no)
    WHERE draws.quantity IS NULL OR draws.amount IS NULL OR draws.taken IS NULL OR draws.amount_left IS NULL
    UNION
    SELECT coverable_lines.pool_no
    FROM coverable_lines
    WHERE coverable_lines.total IS NULL
    UNION
    SELECT balance_ranks.pool_no
    FROM segment_amounts
    JOIN balance_ranks USING (segment_no)
    WHERE segment_amounts.available IS NULL
    UNION
    SELECT conversion_lines.pool_no
    FROM conversion_lines
    WHERE conversion_lines.total IS NULL AND conversion_lines.pool_no IS NOT NULL
),
found AS (
    SELECT contract_id, customer_id, product_id, reason, detail FROM parked_charges
    UNION ALL
    SELECT contract_id, customer_id, NULL, 'balance_unsettled', detail FROM parked_pools
    UNION ALL
    SELECT
        contract_id,
        customer_id,
        NULL,
        'beyond_exact_range',
        CASE
            WHEN quantity IS NULL THEN 'a quantity needs more digits than an exact decimal holds'
            ELSE 'an amount needs more digits than an exact decimal holds'
        END
    FROM conversion_lines
    WHERE quantity IS NULL OR total IS NULL
    UNION ALL
    SELECT contract_id, customer_id, NULL, 'beyond_exact_range', 'an invoice of 500,000,000,000 or more'
    FROM converted
    WHERE total >= 500000000000
    UNION ALL
    SELECT
        contracts.contract_id,
        contracts.customer_id,
        NULL,
        'beyond_exact_range',
        'what a balance covers needs more digits than an exact decimal holds'
    FROM inexact_pools
    JOIN drawing_contracts USING (pool_no)
    JOIN contracts USING (contract_id)
)
SELECT DISTINCT contract_id, customer_id, product_id, reason, detail
FROM found
ORDER BY ALL
