-- What became of the events of each day and customer, as a whole and for each metric that counts them?
-- Rows without a metric are each event once. Grain: day, customer_id, billable_metric_id, bucket.
SELECT * FROM event_buckets ORDER BY ALL
