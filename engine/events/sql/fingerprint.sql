/* Why: whether two sets of files hold the same events. The sums do not depend on the order of the rows, and no column
   can change in one of them without changing both: each is over the columns in another order, so that two rows would
   have to collide twice. That a map or a struct is NULL is told apart from an empty one, which hash alike.
   Grain: one row. Columns: rows, forwards, backwards (exact sums of 64-bit hashes), first_timestamp, last_timestamp,
   first_ingested_at, last_ingested_at. */
SELECT
    count(*) AS rows,
    sum(hash(
        transaction_id, customer_id, event_type, timestamp, properties, other_properties, ingested_at, batch_id,
        properties IS NULL, other_properties IS NULL
    )) AS forwards,
    sum(hash(
        other_properties IS NULL, properties IS NULL,
        batch_id, ingested_at, other_properties, properties, timestamp, event_type, customer_id, transaction_id
    )) AS backwards,
    min(timestamp) AS first_timestamp,
    max(timestamp) AS last_timestamp,
    min(ingested_at) AS first_ingested_at,
    max(ingested_at) AS last_ingested_at
FROM read_parquet($files, union_by_name = true, hive_partitioning = false);
