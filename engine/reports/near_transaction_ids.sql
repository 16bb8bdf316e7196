-- Which ids differ from the one asked for in case, in blanks around it, or in that it was cut short?
-- Grain: transaction_id, the first few in byte order.
SELECT DISTINCT transaction_id
FROM read_parquet($files, hive_partitioning = false)
WHERE starts_with(lower(transaction_id), lower(trim($transaction_id)))
ORDER BY transaction_id
LIMIT 3
