-- Which contracts share their balances with what cannot be settled, and must wait for it?
-- What one contract leaves of a shared balance is what the next one finds, so none of them is billed while one is parked,
-- or while an earlier statement that could have drawn on their balances has not been billed. Sums of all their charges
-- stay within the range of exact amounts.
-- Grain: contract_id, detail.
WITH first_statements AS (
    SELECT contract_id, min(period_starting_at) AS period_starting_at
    FROM statement_periods
    GROUP BY contract_id
),
unbilled AS (
    SELECT DISTINCT
        first_statements.contract_id,
        'the statement that ends at ' || instant_text(first_statements.period_starting_at)
            || ' could draw on the same balances and is not billed; bill its month first, or say by'
            || ' invoice_generation_starting_at that it was billed elsewhere' AS detail
    FROM first_statements
    JOIN contracts USING (contract_id)
    JOIN balance_contracts USING (contract_id)
    JOIN balance_segments USING (balance_no)
    ANTI JOIN earlier_statements
        ON earlier_statements.contract_id = first_statements.contract_id
        AND earlier_statements.billed_before >= first_statements.period_starting_at
    WHERE first_statements.period_starting_at > contracts.starting_at
        AND coalesce(first_statements.period_starting_at > contracts.invoices_from, true)
        AND balance_segments.starting_at < first_statements.period_starting_at
        AND first_statements.period_starting_at <= balance_segments.ending_before
),
unknown_rollovers AS (
    SELECT DISTINCT
        balance_contracts.contract_id,
        'the last statement of the contract that it renews is not billed; bill its month first' AS detail
    FROM rollovers
    JOIN balance_segments ON balance_segments.segment_no = rollovers.to_segment_no
    JOIN balance_contracts USING (balance_no)
    JOIN billing_period ON true
    WHERE balance_segments.amount IS NULL
        AND rollovers.rolled_at <= billing_period.starting_at
),
largest AS (
    SELECT pools.pool_no, sum(ceil(abs(charges.total))::DECIMAL(38, 0)) AS total
    FROM charges
    JOIN pools USING (contract_id)
    GROUP BY pools.pool_no
),
reasons AS (
    SELECT pools.pool_no, unbilled.detail
    FROM unbilled
    JOIN pools USING (contract_id)
    UNION
    SELECT pools.pool_no, unknown_rollovers.detail
    FROM unknown_rollovers
    JOIN pools USING (contract_id)
    UNION
    SELECT pools.pool_no, 'contract ' || parked_charges.contract_id || ', with which it shares balances, is parked'
    FROM parked_charges
    JOIN pools USING (contract_id)
    UNION
    SELECT pool_no, 'contracts that share balances come to 500,000,000,000 or more together'
    FROM largest
    WHERE total >= 500000000000
)
SELECT DISTINCT pools.contract_id, contracts.customer_id, reasons.detail
FROM reasons
JOIN pools USING (pool_no)
JOIN contracts ON contracts.contract_id = pools.contract_id
JOIN billing_period ON contracts.starting_at < billing_period.ending_before
ANTI JOIN parked_charges ON parked_charges.contract_id = pools.contract_id
