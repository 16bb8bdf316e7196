-- How far had each group's running value come when a segment began and when it ended?
-- Values are whole numbers of the product's finest unit. A statement period that is one segment has one reading, which
-- is the answer; what is cut has been added up before.
-- A product without pricing group key has a line even with no usage (spec/rating.md §2), so it gets a group then.
-- Grain: product_period_no, key_values, segment_no.
WITH readings AS (
    SELECT product_period_no, segment_no, segments, key_values, value
    FROM segment_readings
    JOIN metered USING (meter_id, window_id)
),
positions AS (
    SELECT
        readings.product_period_no,
        readings.segment_no,
        readings.key_values,
        true AS used,
        try(readings.value * segments.value_factor) AS value_after,
        CASE WHEN value_after IS NOT NULL THEN 0::HUGEINT END AS value_before
    FROM readings
    JOIN segments USING (product_period_no, segment_no)
    WHERE readings.segments = 1
    UNION ALL BY NAME
    SELECT *, true AS used
    FROM cut_values
    UNION ALL BY NAME
    SELECT
        segments.product_period_no,
        segments.segment_no,
        product_stretches.no_key_values AS key_values,
        false AS used,
        0::HUGEINT AS value_before,
        0::HUGEINT AS value_after
    FROM segments
    ANTI JOIN readings USING (product_period_no)
    JOIN product_periods USING (product_period_no)
    JOIN product_stretches USING (product_id, stretch_no)
    WHERE len(product_stretches.pricing_keys) = 0
)
SELECT
    positions.product_period_no,
    product_periods.product_id,
    product_periods.stretch_no,
    product_periods.adds_up,
    segments.meter_id,
    segments.version_no,
    segments.terms_no,
    segments.segment_no,
    segments.segments,
    segments.starting_at,
    segments.ending_before,
    segments.breakdown_at,
    segments.priced_at,
    positions.key_values,
    positions.used,
    positions.value_before,
    positions.value_after
FROM positions
JOIN segments USING (product_period_no, segment_no)
JOIN product_periods USING (product_period_no)
WHERE segments.billed_here
