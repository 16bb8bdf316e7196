-- Which meters must be read to know how far a product had come at the end of each segment?
-- The meter in force in a segment, up to where the segment begins and up to where it ends, because each counts from the
-- start of the statement period, also one that took over within it (spec/metering.md §8.2). A meter whose values can be
-- combined is read over each segment alone, as far as it is in force; any other from the start of the statement period.
-- What a meter has come to where it is not in force is not asked: groups that it has there alone have used nothing.
-- Customer period and times make a window; meters and contracts that ask for the same one share it.
-- Grain: product_period_no, segment_no, meter_id.
WITH period_meters AS (
    SELECT DISTINCT product_period_no, meter_id
    FROM segments
),
asked AS (
    SELECT
        segments.product_period_no,
        segments.segment_no,
        segments.segments,
        meters.meter_id,
        meters.combined_by,
        product_periods.customer_period_no,
        CASE WHEN meters.combined_by IS NULL THEN period_starting_at ELSE starting_at END AS starting_at,
        segments.ending_before
    FROM segments
    JOIN product_periods USING (product_period_no)
    JOIN period_meters USING (product_period_no)
    JOIN meters ON meters.meter_id = period_meters.meter_id
    SEMI JOIN segments AS in_force
        ON in_force.product_period_no = segments.product_period_no
        AND in_force.meter_id = meters.meter_id
        AND (
            in_force.segment_no IN (segments.segment_no, segments.segment_no + 1)
            OR (meters.combined_by IS NOT NULL AND in_force.segment_no > segments.segment_no)
        )
),
numbered AS (
    SELECT *, row_number() OVER (ORDER BY customer_period_no, starting_at, ending_before) AS window_id
    FROM (SELECT DISTINCT customer_period_no, starting_at, ending_before FROM asked)
)
SELECT asked.*, numbered.window_id
FROM asked
JOIN numbered USING (customer_period_no, starting_at, ending_before)
