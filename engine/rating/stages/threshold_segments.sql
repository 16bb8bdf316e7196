-- Which segments do thresholds add to those that the run began with?
-- Grain: segment_no; rows for balance_segments.
SELECT
    segment_no,
    balance_no,
    segment_id,
    'SEGMENT_START' AS granted_as,
    amount,
    starting_at,
    ending_before,
    written_ending_before,
    0::DECIMAL(38, 26) AS manual,
    0::DECIMAL(38, 26) AS earlier_drawn
FROM threshold_releases
