-- What decides what any meter makes of a window: who sends the events, which of them pass a usage filter, from when they
-- are looked at, which of them the value is of, what is in their files, and by when they had arrived.
-- Windows of one name have one answer, whatever contract or billing period asks. A name is 128 bits of a SHA-256.
-- Grain: window_id.
WITH senders AS (
    SELECT customer_id, to_json(list(alias ORDER BY alias)) AS content
    FROM customer_aliases
    GROUP BY customer_id
),
filters AS (
    SELECT
        usage_filter_no,
        to_json(list(
            [starting_at::VARCHAR, ending_before::VARCHAR, filter_key, filter_value]
            ORDER BY starting_at, filter_value
        )) AS content
    FROM usage_filters
    GROUP BY usage_filter_no
),
looked_at AS (
    -- A value first seen is so since its whole window began.
    SELECT
        window_id,
        CASE WHEN $whole THEN customer_period_no::BIGINT ELSE window_id::BIGINT END AS whole_id,
        customer_id,
        usage_filter_no,
        CASE WHEN $whole THEN min(starting_at) OVER (PARTITION BY customer_period_no) ELSE starting_at END AS seen_from,
        starting_at,
        ending_before
    FROM wanted_windows
),
spans AS (
    SELECT
        seen_from,
        ending_before,
        -- Hashed once here, for it is long and windows are many.
        sha256(string_agg(event_days.content, ' ' ORDER BY event_days.day)) AS content
    FROM (SELECT DISTINCT seen_from, ending_before FROM looked_at) AS each_span
    LEFT JOIN event_days
        ON event_days.day >= each_span.seen_from::DATE
        AND event_days.day::TIMESTAMP < each_span.ending_before
    GROUP BY seen_from, ending_before
)
SELECT
    looked_at.window_id,
    looked_at.whole_id,
    left(
        sha256(concat_ws(
            chr(10),
            coalesce(senders.content::VARCHAR, '-'),
            coalesce(filters.content::VARCHAR, '-'),
            looked_at.seen_from::VARCHAR,
            looked_at.starting_at::VARCHAR,
            looked_at.ending_before::VARCHAR,
            coalesce(spans.content, '-'),
            coalesce($as_of::VARCHAR, '-')
        )),
        32
    )::UUID AS window_key
FROM looked_at
JOIN spans USING (seen_from, ending_before)
LEFT JOIN senders USING (customer_id)
LEFT JOIN filters USING (usage_filter_no)
