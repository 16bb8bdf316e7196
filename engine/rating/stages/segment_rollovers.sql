-- What rolls over from each segment that was in force when its contract was renewed?
-- What is left of them, up to their limit together, those that began first giving first (spec/rating.md §6.1). A postpaid
-- commit may wait for its true-up after it has rolled over; what went then is what the new balance was granted.
-- Grain: from_segment_no, to_segment_no.
WITH sources AS (
    SELECT
        rollovers.from_segment_no,
        rollovers.to_segment_no,
        rollovers.rolled_at,
        segment_settlement.settled_now,
        rollover_limits.at_most,
        into_new.amount AS given,
        greatest(
            movements.amount + movements.manual_before + movements.manual
                - movements.earlier_drawn - movements.drawn,
            0::DECIMAL(38, 26)
        ) AS undrawn,
        sum(undrawn) OVER (
            PARTITION BY rollovers.to_segment_no
            ORDER BY balance_segments.starting_at, rollovers.from_segment_no
        ) - undrawn AS undrawn_earlier
    FROM rollovers
    JOIN rollover_limits USING (to_segment_no)
    JOIN segment_settlement ON segment_settlement.segment_no = rollovers.from_segment_no
    JOIN segment_movements AS movements ON movements.segment_no = rollovers.from_segment_no
    JOIN balance_segments ON balance_segments.segment_no = rollovers.from_segment_no
    LEFT JOIN segment_amounts AS into_new ON into_new.segment_no = rollovers.to_segment_no
    WHERE (segment_settlement.settled_before OR segment_settlement.settled_now)
        AND NOT segment_settlement.closed_before
)
SELECT
    from_segment_no,
    to_segment_no,
    rolled_at,
    settled_now AS rolls_now,
    CASE
        WHEN NOT settled_now THEN given::DECIMAL(38, 26)
        WHEN at_most IS NOT NULL
        THEN least(undrawn, greatest(at_most - undrawn_earlier, 0::DECIMAL(38, 26)))::DECIMAL(38, 26)
    END AS rolled
FROM sources
