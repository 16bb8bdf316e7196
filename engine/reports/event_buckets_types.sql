-- The buckets, best first: an event held by several contracts, or metered by several products, is in the first that any
-- of them gives it.
CREATE TYPE event_bucket AS ENUM (
    'billed', 'rated_zero', 'unrated', 'not_entitled', 'parked', 'void', 'not_published', 'invalid_value',
    'arrived_later', 'late', 'not_on_rate_card', 'unmatched_metric', 'outside_usage_filters', 'other_period',
    'no_contract', 'unknown_customer', 'duplicate', 'rejected'
);

-- Where each metric's usage stands, by group. Grain: meter_no, statement_no, product_id, group_key, starting_at.
CREATE OR REPLACE TEMP TABLE bucket_lines (
    meter_no INTEGER,
    statement_no INTEGER,
    product_id VARCHAR,
    group_key VARCHAR,
    starting_at TIMESTAMP,
    ending_before TIMESTAMP,
    bucket EVENT_BUCKET
);

-- What became of an event for one product that one contract is sold by a metric that it matches.
CREATE OR REPLACE TEMP TABLE bucket_outcomes (event_no BIGINT, metric_no INTEGER, bucket EVENT_BUCKET);

-- Counted so far. Grain: day, sender, metric_no (NULL for the event as a whole), bucket.
CREATE OR REPLACE TEMP TABLE bucket_counts (
    day DATE, sender VARCHAR, metric_no INTEGER, bucket EVENT_BUCKET, events BIGINT
);
