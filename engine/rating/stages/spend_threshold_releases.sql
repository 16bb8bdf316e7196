-- Which statements have left so much uncovered that a spend threshold charges it now?
-- What no balance covers of a usage invoice, in money and counting only what is charged, is set against the contract's
-- threshold (spec/rating.md §13). What reaches it becomes a commit that those very lines use up, so that the statement
-- owes nothing of it and the purchase owes all of it. The commit is a number of 12 places; what lies beyond them stays
-- on the statement.
-- It lasts from the statement's start, or the billing period's if that is later, to the statement's end: so it is this
-- run's ledger that grants it.
-- Grain: invoice_id.
WITH uncovered AS (
    SELECT
        coverable_lines.invoice_id,
        sum(trunc(coverable_left.amount)::DECIMAL(38, 0)) AS whole,
        sum(coverable_left.amount - trunc(coverable_left.amount)::DECIMAL(38, 26)) AS fraction
    FROM coverable_lines
    JOIN coverable_left USING (line_no)
    WHERE coverable_lines.is_money AND coverable_left.amount > 0
    GROUP BY coverable_lines.invoice_id
),
spent AS (
    -- Amounts that leave the range of exact ones are parked later, and charged by nobody.
    SELECT invoice_id, whole::DECIMAL(38, 26) + fraction::DECIMAL(38, 26) AS amount
    FROM uncovered
    WHERE whole < 500000000000 AND fraction < 1000000000
)
SELECT
    statement_periods.invoice_id,
    statement_periods.contract_id,
    statement_periods.customer_id,
    statement_periods.rate_card_id,
    thresholds.kind,
    derived_id(
        'spend_threshold', [statement_periods.contract_id, instant_text(statement_periods.period_ending_before)]
    ) AS balance_id,
    thresholds.commit_name,
    thresholds.product_id,
    thresholds.priority,
    thresholds.credit_type_id,
    thresholds.rate_type,
    thresholds.rollover_fraction,
    thresholds.unit_price,
    round_down(spent.amount, 12)::DECIMAL(38, 26) AS amount,
    greatest(statement_periods.period_starting_at, billing_period.starting_at) AS starting_at,
    statement_periods.period_ending_before AS ending_before,
    statement_periods.period_ending_before AS written_ending_before,
    statement_periods.period_ending_before AS charged_at
FROM spent
JOIN statement_periods USING (invoice_id)
CROSS JOIN billing_period
JOIN thresholds ON thresholds.contract_id = statement_periods.contract_id AND thresholds.kind = 'SPEND'
ANTI JOIN parked_charges ON parked_charges.contract_id = statement_periods.contract_id
ANTI JOIN parked_pools ON parked_pools.contract_id = statement_periods.contract_id
WHERE spent.amount >= thresholds.threshold_amount::DECIMAL(38, 26)
