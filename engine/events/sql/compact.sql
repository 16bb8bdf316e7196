/* Why: the files of a day become one file, in the order in which landing sorts. What follows the transaction id tells
   apart the events that landed under the same id with more than 34 days in between, so that the same files always give
   the same bytes. A property that a file does not have is NULL, as in a landing that does not meet it.
   Grain: one row per event. Columns: those of the event table. The options are those of landing, see `write.py`. */
COPY (
    SELECT
        transaction_id,
        customer_id,
        event_type,
        timestamp,
        properties,
        other_properties,
        ingested_at,
        batch_id
    FROM read_parquet($files, union_by_name = true, hive_partitioning = false)
    ORDER BY event_type, customer_id, timestamp, transaction_id, ingested_at, batch_id
) TO $path (
    FORMAT parquet,
    COMPRESSION zstd,
    COMPRESSION_LEVEL 1,
    PARQUET_VERSION v2,
    KV_METADATA {'duckbill.profile': $profile}
);
