-- How much of each segment of a balance is there, and how much of it may this run draw?
-- What earlier billing periods have drawn is gone, and so is what finalized invoices of this one and of later ones have; a
-- correction by hand can take away more than is left, and then nothing is there (spec/rating.md §6.4, §17 Q15). Rollovers
-- whose amount this run has yet to find out are added while it draws.
-- Grain: segment_no.
WITH drawn_elsewhere AS (
    SELECT segment_id, sum(amount)::DECIMAL(38, 26) AS drawn
    FROM (
        SELECT segment_id, amount FROM closed_draws WHERE NOT is_void
        UNION ALL
        SELECT segment_id, amount FROM later_draws
    )
    GROUP BY segment_id
)
SELECT
    balance_segments.segment_no,
    balance_segments.amount,
    greatest(
        balance_segments.amount::DECIMAL(38, 26) + balance_segments.manual::DECIMAL(38, 26)
            - balance_segments.earlier_drawn::DECIMAL(38, 26) - coalesce(drawn_elsewhere.drawn, 0)::DECIMAL(38, 26),
        0::DECIMAL(38, 26)
    ) AS available
FROM balance_segments
LEFT JOIN drawn_elsewhere USING (segment_id)
WHERE balance_segments.amount IS NOT NULL
