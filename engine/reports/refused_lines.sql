-- Which refused lines and duplicates carry this transaction id?
-- Grain: batch_id, line.
SELECT batch_id, source, line, verdict, reason, detail, landed_at
FROM read_parquet($files, hive_partitioning = false)
WHERE transaction_id = $transaction_id
ORDER BY landed_at, batch_id, line
