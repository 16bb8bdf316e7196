-- Which part of which whole window is each window that was asked for?
-- Grain: window_id.
SELECT asked_windows.window_id, windows.window_id AS whole_id, asked_windows.starting_at, asked_windows.ending_before
FROM asked_windows
JOIN windows
    ON windows.customer_id = asked_windows.customer_id
    AND windows.usage_filter_no IS NOT DISTINCT FROM asked_windows.usage_filter_no
    AND windows.starting_at = asked_windows.period_starting_at
