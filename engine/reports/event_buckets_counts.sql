-- How many events are in each bucket, of each metric and as a whole?
-- An event that matches metrics is, as a whole, in the best of their buckets.
-- Grain: day, sender, metric_no, bucket.
WITH by_metric AS (
    SELECT event_no, metric_no, min(bucket) AS bucket
    FROM bucket_outcomes
    GROUP BY event_no, metric_no
),
best AS (
    SELECT event_no, min(bucket) AS bucket
    FROM bucket_outcomes
    GROUP BY event_no
),
by_event AS (
    SELECT events.rowid AS event_no, NULL::INTEGER AS metric_no, coalesce(best.bucket, offers.bucket) AS bucket
    FROM bucket_events AS events
    LEFT JOIN best ON best.event_no = events.rowid
    LEFT JOIN (FROM bucket_offers WHERE statement_no IS NULL) AS offers ON offers.event_no = events.rowid
)
SELECT
    events.timestamp::DATE AS day,
    events.customer_id AS sender,
    decided.metric_no,
    coalesce(decided.bucket, 'unmatched_metric'::EVENT_BUCKET) AS bucket,
    count(*) AS events
FROM (FROM by_metric UNION ALL BY NAME FROM by_event) AS decided
JOIN bucket_events AS events ON events.rowid = decided.event_no
GROUP BY ALL
