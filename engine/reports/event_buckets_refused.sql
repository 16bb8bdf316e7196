-- How many lines were refused or repeated, by day of landing and landing?
-- Grain: day, batch_id, bucket.
SELECT landed_at::DATE AS day, batch_id, verdict AS bucket, count(*) AS events
FROM read_parquet($files, hive_partitioning = false)
WHERE landed_at >= $starting_at AND landed_at < $ending_before
GROUP BY ALL
