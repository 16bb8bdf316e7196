-- Is every event of a known customer in a statement of this billing period, and counted by a metric?
SELECT
    'matched events' AS scope,
    coalesce(sum(events) FILTER (bucket <> 'unknown_customer'), 0) AS "left",
    coalesce(
        sum(events) FILTER (
            bucket NOT IN (
                'unknown_customer', 'no_contract', 'other_period', 'no_statement', 'outside_usage_filters',
                'unmatched_metric', 'not_on_rate_card'
            )
        ),
        0
    ) AS "right"
FROM event_buckets
WHERE billable_metric_id IS NULL AND bucket NOT IN ('duplicate', 'rejected')
