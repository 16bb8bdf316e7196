-- Every window of every customer asked about, with or without events: what a SQL metric may count nothing in.
-- Grain: window_id (one per customer_id, starting_at).
SELECT
    row_number() OVER (ORDER BY customer_id, starting_at) AS window_id,
    customer_id,
    NULL::INTEGER AS usage_filter_no,
    starting_at,
    ending_before
FROM asked_customers, all_windows
