-- Each segment of a balance: does its account roll forward, and does the ledger say the same, sum for sum and at its end?
-- What a void invoice took and was given back is both in the ledger, and neither is drawn.
-- Grain: segment_id.
WITH entries AS (
    SELECT
        segment_id,
        sum(amount) AS amount,
        sum(amount) FILTER (
            ends_with(type, '_SEGMENT_START') OR ends_with(type, '_INITIAL_BALANCE')
                OR ends_with(type, '_SEAT_BASED_ADJUSTMENT')
        ) AS granted,
        sum(amount) FILTER (ends_with(type, '_MANUAL')) AS manual,
        sum(amount) FILTER (ends_with(type, '_DEDUCTION') OR ends_with(type, '_CANCELED')) AS drawn,
        sum(amount) FILTER (ends_with(type, '_ROLLOVER')) AS rolled_over,
        sum(amount) FILTER (ends_with(type, '_EXPIRATION')) AS expired,
        sum(amount) FILTER (ends_with(type, '_TRUEUP')) AS trued_up
    FROM ledger
    GROUP BY segment_id
)
SELECT
    coalesce(segment_balances.segment_id, entries.segment_id) AS segment_id,
    segment_balances.* EXCLUDE (segment_id),
    entries.amount AS posted,
    coalesce(
        opening + segment_balances.granted + segment_balances.manual - segment_balances.drawn
            - segment_balances.rolled_over - segment_balances.expired - segment_balances.trued_up = closing,
        false
    ) AS rolls_forward,
    coalesce(
        opening + coalesce(entries.amount, 0)::DECIMAL(38, 26) = closing
            AND coalesce(entries.granted, 0)::DECIMAL(38, 26) = segment_balances.granted
            AND coalesce(entries.manual, 0)::DECIMAL(38, 26) = segment_balances.manual
            AND coalesce(-entries.drawn, 0)::DECIMAL(38, 26) = segment_balances.drawn
            AND coalesce(-entries.rolled_over, 0)::DECIMAL(38, 26) = segment_balances.rolled_over
            AND coalesce(-entries.expired, 0)::DECIMAL(38, 26) = segment_balances.expired
            AND coalesce(-entries.trued_up, 0)::DECIMAL(38, 26) = segment_balances.trued_up,
        false
    ) AS ledger_agrees
FROM segment_balances
FULL JOIN entries ON entries.segment_id = segment_balances.segment_id
