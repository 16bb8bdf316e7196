/* Why: which staged ids were accepted before, within the window of arrival.
   Grain: one row per transaction_id. Columns: transaction_id. */
CREATE OR REPLACE TABLE landing.earlier AS
SELECT DISTINCT accepted.transaction_id
FROM read_parquet($files, hive_partitioning = false) AS accepted
SEMI JOIN landing.staged USING (transaction_id)
WHERE accepted.ingested_at >= $since;
