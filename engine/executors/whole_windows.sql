-- The whole windows whose parts are asked for: from the start of a statement period to the end of its last part.
-- Grain: window_id (one per customer_id, usage_filter_no, starting_at).
SELECT
    customer_period_no AS window_id,
    customer_id,
    usage_filter_no,
    min(starting_at) AS starting_at,
    max(ending_before) AS ending_before
FROM asked_windows
GROUP BY customer_period_no, customer_id, usage_filter_no
