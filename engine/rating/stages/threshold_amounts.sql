-- How much do thresholds release? All of it may be drawn.
-- Grain: segment_no; rows for segment_amounts.
SELECT segment_no, amount, amount AS available
FROM threshold_releases
