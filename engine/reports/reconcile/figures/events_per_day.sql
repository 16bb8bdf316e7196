-- How many events of each day ended in which bucket?
-- Grain: day, bucket.
SELECT day, bucket, sum(events)::BIGINT AS events
FROM event_buckets
WHERE billable_metric_id IS NULL AND bucket NOT IN ('duplicate', 'rejected')
GROUP BY day, bucket
ORDER BY day, bucket
