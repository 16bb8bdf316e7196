-- Each segment of a balance closes with what it opened with and what moved it: by its own account, and by the ledger,
-- sum for sum and entry after entry. What rolled over into a segment is what was granted with it.
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
),
last_entries AS (
    SELECT segment_id, balance_after
    FROM ledger
    QUALIFY row_number() OVER (PARTITION BY segment_id ORDER BY ledger.rowid DESC) = 1
),
rolled AS (
    SELECT balance_segments.segment_id, sum(segment_rollovers.rolled) AS rolled
    FROM segment_rollovers
    JOIN balance_segments ON balance_segments.segment_no = segment_rollovers.to_segment_no
    WHERE segment_rollovers.rolls_now
    GROUP BY balance_segments.segment_id
)
SELECT
    coalesce(segment_balances.segment_id, entries.segment_id) AS segment_id,
    segment_balances.opening,
    segment_balances.closing,
    entries.amount AS posted,
    last_entries.balance_after
FROM segment_balances
FULL JOIN entries ON entries.segment_id = segment_balances.segment_id
LEFT JOIN last_entries ON last_entries.segment_id = entries.segment_id
LEFT JOIN rolled ON rolled.segment_id = segment_balances.segment_id
WHERE opening + segment_balances.granted + segment_balances.manual - segment_balances.drawn
        - segment_balances.rolled_over - segment_balances.expired - segment_balances.trued_up IS DISTINCT FROM closing
    OR opening + coalesce(entries.amount, 0)::DECIMAL(38, 26) IS DISTINCT FROM closing
    OR coalesce(entries.granted, 0)::DECIMAL(38, 26) IS DISTINCT FROM segment_balances.granted
    OR coalesce(entries.manual, 0)::DECIMAL(38, 26) IS DISTINCT FROM segment_balances.manual
    OR coalesce(-entries.drawn, 0)::DECIMAL(38, 26) IS DISTINCT FROM segment_balances.drawn
    OR coalesce(-entries.rolled_over, 0)::DECIMAL(38, 26) IS DISTINCT FROM segment_balances.rolled_over
    OR coalesce(-entries.expired, 0)::DECIMAL(38, 26) IS DISTINCT FROM segment_balances.expired
    OR coalesce(-entries.trued_up, 0)::DECIMAL(38, 26) IS DISTINCT FROM segment_balances.trued_up
    OR (entries.segment_id IS NOT NULL AND last_entries.balance_after IS DISTINCT FROM closing)
    OR (
        segment_balances.granted <> 0
        AND rolled.segment_id IS NOT NULL
        AND rolled.rolled::DECIMAL(38, 26) <> segment_balances.granted
    )
