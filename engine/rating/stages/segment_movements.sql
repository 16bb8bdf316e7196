-- What has moved each segment of a balance, before this run and in it, other than its end?
-- A segment is granted in the run that holds its start, or in an earlier one that draws on it already: an advance charge
-- on a usage invoice is for the time after it. What a threshold releases is granted by the run that releases it, though it
-- may begin where the billing period ends. What is corrected by hand is posted in the run that holds its instant, or
-- with the grant if that comes later. `amount` is NULL for a rollover that no line of this run could draw on.
-- Nothing is said of a segment while a contract that may draw on it is parked: the run that bills the contract tells. Only
-- what closed invoices have drawn is told in any case.
-- Grain: segment_no.
WITH closed AS (
    SELECT balance_segments.segment_no, balance_segments.balance_no, closed_draws.amount, closed_draws.is_void
    FROM closed_draws
    JOIN balance_segments USING (segment_id)
),
undecided AS (
    SELECT DISTINCT balance_contracts.balance_no
    FROM balance_contracts
    SEMI JOIN parked ON parked.contract_id = balance_contracts.contract_id
),
waiting AS (
    SELECT balance_no
    FROM undecided
    ANTI JOIN closed USING (balance_no)
),
granted AS (
    SELECT
        balance_segments.*,
        balance_segments.starting_at < billing_period.starting_at
            OR balance_segments.earlier_drawn > 0
            OR earlier_releases.segment_id IS NOT NULL AS granted_before,
        threshold_releases.segment_id IS NOT NULL OR closed_releases.segment_id IS NOT NULL AS is_released,
        billing_period.starting_at AS run_starting_at,
        billing_period.ending_before AS run_ending_before
    FROM balance_segments
    CROSS JOIN billing_period
    LEFT JOIN earlier_releases ON earlier_releases.segment_id = balance_segments.segment_id
    LEFT JOIN threshold_releases ON threshold_releases.segment_id = balance_segments.segment_id
    LEFT JOIN closed_releases ON closed_releases.segment_id = balance_segments.segment_id
    ANTI JOIN waiting ON waiting.balance_no = balance_segments.balance_no
),
corrected AS (
    SELECT
        granted.segment_no,
        granted.granted_before AND manual_entries.entry_at < granted.run_starting_at AS posted_before,
        sum(manual_entries.amount) AS amount,
        max(manual_entries.entry_at) AS last_at
    FROM granted
    JOIN manual_entries USING (segment_no)
    GROUP BY ALL
),
drawn AS (
    SELECT segment_no, sum(taken) AS taken
    FROM (
        SELECT draws.segment_no, draws.taken
        FROM draws
        JOIN balance_segments USING (segment_no)
        ANTI JOIN undecided USING (balance_no)
        UNION ALL
        SELECT segment_no, CASE WHEN is_void THEN 0 ELSE amount END::DECIMAL(38, 26) FROM closed
    )
    GROUP BY segment_no
)
SELECT
    granted.segment_no,
    segment_amounts.amount::DECIMAL(38, 26) AS amount,
    coalesce(corrected_before.amount, 0)::DECIMAL(38, 26) AS manual_before,
    coalesce(corrected_now.amount, 0)::DECIMAL(38, 26) AS manual,
    corrected_now.segment_no IS NOT NULL AS is_corrected,
    greatest(corrected_before.last_at, corrected_now.last_at) AS last_corrected_at,
    granted.earlier_drawn::DECIMAL(38, 26) AS earlier_drawn,
    coalesce(drawn.taken, 0)::DECIMAL(38, 26) AS drawn,
    granted.granted_before,
    NOT granted.granted_before AND (
        granted.starting_at < granted.run_ending_before OR drawn.segment_no IS NOT NULL OR granted.is_released
    ) AS granted_now
FROM granted
LEFT JOIN segment_amounts ON segment_amounts.segment_no = granted.segment_no
LEFT JOIN corrected AS corrected_before
    ON corrected_before.segment_no = granted.segment_no AND corrected_before.posted_before
LEFT JOIN corrected AS corrected_now
    ON corrected_now.segment_no = granted.segment_no AND NOT corrected_now.posted_before
LEFT JOIN drawn ON drawn.segment_no = granted.segment_no
