-- On which days do the buckets not add up to the events that landed?
-- Grain: day.
WITH landed AS (
    SELECT "timestamp"::DATE AS day, count(*) AS events FROM events GROUP BY day
),
held AS (
    SELECT day, sum(events)::BIGINT AS events
    FROM event_buckets
    WHERE billable_metric_id IS NULL AND bucket NOT IN ('duplicate', 'rejected')
    GROUP BY day
)
SELECT coalesce(landed.day, held.day) AS day, landed.events AS landed, held.events AS in_buckets
FROM landed
FULL JOIN held ON held.day = landed.day
WHERE landed.events IS DISTINCT FROM held.events
ORDER BY day
