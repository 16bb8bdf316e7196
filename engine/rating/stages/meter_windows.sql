-- Over which windows of which customers must each meter be read?
-- Grain: meter_id, window_id (one per customer_period_no, starting_at, ending_before).
WITH asked AS (
    SELECT DISTINCT meter_id, window_id, customer_period_no, starting_at, ending_before
    FROM segment_readings
),
customer_periods AS (
    SELECT DISTINCT customer_period_no, customer_id, usage_filter_no
    FROM product_periods
)
SELECT
    asked.meter_id,
    asked.window_id,
    asked.customer_period_no,
    customer_periods.customer_id,
    customer_periods.usage_filter_no,
    asked.starting_at,
    asked.ending_before
FROM asked
JOIN customer_periods USING (customer_period_no)
