-- How much of each segment of a balance is there, and how much of it may this run draw?
-- What earlier billing periods have drawn is gone; a correction by hand can take away more than is left, and then nothing
-- is there (spec/rating.md §6.4). Rollovers whose amount this run has yet to find out are added while it draws.
-- Grain: segment_no.
SELECT
    segment_no,
    amount,
    greatest(
        amount::DECIMAL(38, 26) + manual::DECIMAL(38, 26) - earlier_drawn::DECIMAL(38, 26), 0::DECIMAL(38, 26)
    ) AS available
FROM balance_segments
WHERE amount IS NOT NULL
