-- Which events of known customers does no statement of this billing period hold, or no metric count?
-- Grain: customer_id, bucket.
SELECT customer_id, customer_name, bucket, sum(events)::BIGINT AS events, min(day) AS first_day, max(day) AS last_day
FROM event_buckets
WHERE billable_metric_id IS NULL
    AND bucket IN (
        'no_contract', 'other_period', 'no_statement', 'outside_usage_filters', 'unmatched_metric', 'not_on_rate_card'
    )
GROUP BY customer_id, customer_name, bucket
ORDER BY events DESC, customer_id, bucket
