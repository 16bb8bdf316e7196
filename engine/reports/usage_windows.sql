-- In which windows does which customer have events at all? Only those are read; all others have no usage.
-- Grain: window_id (one per customer_id, starting_at).
WITH active AS (
    SELECT DISTINCT
        customer_aliases.customer_id,
        CASE usage_question.window_size
            WHEN 'hour' THEN date_trunc('hour', event_files.timestamp)
            WHEN 'day' THEN date_trunc('day', event_files.timestamp)
            ELSE usage_question.starting_at
        END AS starting_at
    FROM event_files
    JOIN customer_aliases ON customer_aliases.alias = event_files.customer_id
    JOIN asked_customers ON asked_customers.customer_id = customer_aliases.customer_id
    JOIN usage_question
        ON usage_question.starting_at <= event_files.timestamp AND event_files.timestamp < usage_question.ending_before
)
SELECT
    row_number() OVER (ORDER BY customer_id, starting_at) AS window_id,
    customer_id,
    NULL::INTEGER AS usage_filter_no,
    starting_at,
    all_windows.ending_before
FROM active
JOIN all_windows USING (starting_at)
