-- The counts under the names of customers and metrics.
-- A customer has one row for all the ids that its events carry; an id that nobody has stands for itself.
-- Grain: day, customer_id, billable_metric_id, bucket.
SELECT
    counts.day,
    coalesce(aliases.customer_id, counts.sender) AS customer_id,
    customers.customer_name,
    bucket_metrics.billable_metric_id,
    bucket_metrics.metric_name,
    counts.bucket::VARCHAR AS bucket,
    sum(counts.events)::BIGINT AS events
FROM bucket_counts AS counts
LEFT JOIN customer_aliases AS aliases ON aliases.alias = counts.sender
LEFT JOIN customers ON customers.customer_id = aliases.customer_id
LEFT JOIN bucket_metrics USING (metric_no)
GROUP BY ALL
ORDER BY counts.day, customer_id NULLS LAST, bucket_metrics.billable_metric_id NULLS FIRST, min(counts.bucket)
