-- Is every event of the billing period in exactly one bucket, in all and day by day?
WITH landed AS (
    SELECT "timestamp"::DATE AS day, count(*) AS events FROM events GROUP BY day
),
held AS (
    SELECT day, sum(events) AS events
    FROM event_buckets
    WHERE billable_metric_id IS NULL AND bucket NOT IN ('duplicate', 'rejected')
    GROUP BY day
)
SELECT
    unnest(['events', 'days with events']) AS scope,
    unnest([coalesce(sum(landed.events), 0), count(*)]) AS "left",
    unnest([coalesce(sum(held.events), 0), count(*) FILTER (held.events = landed.events)]) AS "right"
FROM landed
FULL JOIN held ON held.day = landed.day
