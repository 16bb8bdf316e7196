-- Over which windows of which customers must each meter be read?
-- Grain: meter_id, window_id (one per customer_id, usage_filter_no, period_starting_at, starting_at, ending_before).
SELECT DISTINCT
    meter_id,
    window_id,
    customer_id,
    usage_filter_no,
    period_starting_at,
    metered_from AS starting_at,
    ending_before
FROM segment_readings
