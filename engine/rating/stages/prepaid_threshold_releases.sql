-- Which contracts' balances have fallen so far that they are topped up now?
-- At the end of the contract's last statement in this run, once every statement has drawn: the prepaid commits and
-- credits that it may use then and that are no single seat's, in the threshold's own unit. At the threshold or below
-- it a commit is released of what is missing to the amount to recharge to (spec/rating.md §13), to 12 places half away
-- from zero. A contract that has ended by then buys nothing.
-- Grain: contract_id.
WITH asked AS (
    SELECT
        statement_periods.contract_id,
        statement_periods.customer_id,
        statement_periods.rate_card_id,
        max(statement_periods.period_ending_before) AS charged_at
    FROM statement_periods
    SEMI JOIN thresholds
        ON thresholds.contract_id = statement_periods.contract_id
        AND thresholds.kind = 'PREPAID_BALANCE'
    ANTI JOIN parked_charges ON parked_charges.contract_id = statement_periods.contract_id
    ANTI JOIN parked_pools ON parked_pools.contract_id = statement_periods.contract_id
    GROUP BY statement_periods.contract_id, statement_periods.customer_id, statement_periods.rate_card_id
),
usable AS (
    SELECT
        asked.contract_id,
        sum(trunc(segments_left.available)::DECIMAL(38, 0)) AS whole,
        sum(segments_left.available - trunc(segments_left.available)::DECIMAL(38, 26)) AS fraction
    FROM asked
    JOIN thresholds ON thresholds.contract_id = asked.contract_id AND thresholds.kind = 'PREPAID_BALANCE'
    JOIN balance_contracts ON balance_contracts.contract_id = asked.contract_id
    JOIN balances
        ON balances.balance_no = balance_contracts.balance_no
        AND balances.credit_type_id = thresholds.credit_type_id
    JOIN balance_segments ON balance_segments.balance_no = balances.balance_no
    JOIN segments_left USING (segment_no)
    WHERE balances.kind IN ('PREPAID', 'CREDIT')
        AND balance_segments.seat_id IS NULL
        AND balance_segments.starting_at <= asked.charged_at
        AND asked.charged_at < balance_segments.ending_before
        AND segments_left.available > 0
    GROUP BY asked.contract_id
),
known AS (
    -- More than a threshold can be is never at or below it.
    SELECT asked.*, coalesce(usable.whole::DECIMAL(38, 26) + usable.fraction::DECIMAL(38, 26), 0) AS balance
    FROM asked
    LEFT JOIN usable USING (contract_id)
    WHERE coalesce(usable.whole < 500000000000 AND usable.fraction < 1000000000, true)
),
released AS (
    SELECT
        known.contract_id,
        known.customer_id,
        known.rate_card_id,
        known.charged_at,
        thresholds.* EXCLUDE (contract_id),
        round(thresholds.recharge_to_amount::DECIMAL(38, 26) - known.balance::DECIMAL(38, 26), 12) AS missing,
        contracts.ending_before AS contract_ending_before,
        known.charged_at + to_months(thresholds.duration_months) + to_days(thresholds.duration_days) AS lasts_until
    FROM known
    JOIN thresholds ON thresholds.contract_id = known.contract_id AND thresholds.kind = 'PREPAID_BALANCE'
    JOIN contracts ON contracts.contract_id = known.contract_id
    WHERE known.balance::DECIMAL(38, 26) <= thresholds.threshold_amount::DECIMAL(38, 26)
        AND known.charged_at < contracts.ending_before
)
SELECT
    contract_id,
    customer_id,
    rate_card_id,
    kind,
    derived_id('threshold', [contract_id, instant_text(charged_at)]) AS balance_id,
    commit_name,
    product_id,
    priority,
    credit_type_id,
    rate_type,
    rollover_fraction,
    unit_price,
    missing::DECIMAL(38, 26) AS amount,
    charged_at AS starting_at,
    least(lasts_until, contract_ending_before) AS ending_before,
    lasts_until AS written_ending_before,
    charged_at
FROM released
WHERE missing > 0
