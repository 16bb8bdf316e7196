-- Each statement period that was billed in this billing period, and how it follows the one of its contract before it.
-- `standing` counts the usage invoices that are not void. Before a gap the contract may have been parked, which is told
-- there.
-- Grain: contract_id, starting_at, ending_before.
WITH statements AS (
    SELECT
        contract_id,
        starting_at,
        ending_before,
        max(billing_period) AS billing_period,
        any_value(customer_name) AS customer_name,
        count(*) FILTER (status <> 'VOID') AS standing
    FROM usage_invoices
    GROUP BY contract_id, starting_at, ending_before
),
followed AS (
    SELECT
        *,
        max(ending_before) OVER (
            PARTITION BY contract_id ORDER BY starting_at, ending_before
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS previous_ending_before
    FROM statements
)
SELECT
    followed.* EXCLUDE (billing_period),
    coalesce(starting_at < previous_ending_before, false) AS is_overlapping,
    coalesce(starting_at > previous_ending_before, false) AS after_gap,
    contract_id IN (SELECT contract_id FROM earlier_parked) AS was_parked
FROM followed
SEMI JOIN billing_period ON billing_period.label = followed.billing_period
