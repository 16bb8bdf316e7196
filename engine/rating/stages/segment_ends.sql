-- What does each segment of a balance begin this run with, and what does it come to?
-- opening + granted + manual - drawn = left. Of what is left when a segment is settled a part may roll over; the rest
-- expires when it is closed, or is owed as the true-up of a postpaid commit (spec/rating.md §6.3, §6.4). Corrections can
-- take more than there is: then nothing expires, and the segment stays below zero. What is added to a segment that was
-- closed before expires at once.
-- The run gives an account of the segments that are open: granted by now, and not closed before without a correction in
-- this run. A true-up whose invoice is closed stays what it was. For segments that are not granted yet `left` is what they will begin with, and the rest is zero.
-- Grain: segment_no.
WITH went AS (
    SELECT
        from_segment_no AS segment_no,
        sum(rolled) FILTER (rolls_now) AS now,
        sum(rolled) FILTER (NOT rolls_now) AS earlier
    FROM segment_rollovers
    GROUP BY from_segment_no
),
came AS (
    SELECT to_segment_no AS segment_no, sum(rolled) AS rolled
    FROM segment_rollovers
    WHERE rolls_now
    GROUP BY to_segment_no
),
billed_trueups AS (
    SELECT balance_segments.segment_no, closed_trueups.amount
    FROM closed_trueups
    JOIN balances ON balances.balance_id = closed_trueups.commit_id
    JOIN balance_segments USING (balance_no)
),
moved AS (
    SELECT
        movements.*,
        segment_settlement.* EXCLUDE (segment_no),
        billed_trueups.amount AS trued_up_already,
        coalesce(movements.amount, came.rolled)::DECIMAL(38, 26) AS known_amount,
        coalesce(went.now, 0)::DECIMAL(38, 26) AS rolled_now,
        movements.amount + movements.manual_before - movements.earlier_drawn
            - coalesce(went.earlier, 0)::DECIMAL(38, 26) AS undrawn_before
    FROM segment_movements AS movements
    JOIN segment_settlement USING (segment_no)
    LEFT JOIN billed_trueups USING (segment_no)
    LEFT JOIN went USING (segment_no)
    LEFT JOIN came USING (segment_no)
),
accounts AS (
    SELECT
        *,
        CASE
            WHEN NOT granted_before THEN 0::DECIMAL(38, 26)
            WHEN closed_before THEN least(undrawn_before, 0::DECIMAL(38, 26))
            ELSE undrawn_before
        END AS opening,
        CASE WHEN granted_before THEN 0::DECIMAL(38, 26) ELSE known_amount END AS granted,
        opening + granted + manual - drawn AS left_over,
        greatest(left_over - rolled_now, 0::DECIMAL(38, 26)) AS remainder
    FROM moved
)
SELECT
    segment_no,
    (granted_now OR granted_before) AND (NOT closed_before OR is_corrected) AS is_open,
    granted_now,
    settled_before,
    settled_now,
    opening,
    granted,
    manual,
    drawn,
    left_over AS "left",
    rolled_now AS rolled,
    CASE WHEN is_trued_up AND closed_now THEN coalesce(trued_up_already::DECIMAL(38, 26), remainder) ELSE 0::DECIMAL(38, 26) END AS trued_up,
    CASE
        WHEN closed_before OR (closed_now AND NOT is_trued_up) THEN remainder
        ELSE 0::DECIMAL(38, 26)
    END AS expired,
    last_corrected_at
FROM accounts
