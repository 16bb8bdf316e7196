-- The windows once more for every id that events may carry for the window's customer, and, where a usage filter chooses
-- among the events, for every stretch of time and value that passes. An event matches at most one row of a window.
-- Grain: alias, window_id, starting_at, filter_value.
SELECT
    customer_aliases.alias,
    windows.window_id,
    greatest(windows.starting_at, usage_filters.starting_at) AS starting_at,
    least(windows.ending_before, usage_filters.ending_before) AS ending_before,
    usage_filters.filter_key,
    usage_filters.filter_value
FROM windows
JOIN customer_aliases USING (customer_id)
LEFT JOIN usage_filters
    ON usage_filters.usage_filter_no = windows.usage_filter_no
    AND usage_filters.starting_at < windows.ending_before
    AND windows.starting_at < usage_filters.ending_before
