-- Where does an event with this transaction id stand?
-- Only the column of ids is read; the row itself is fetched afterwards by its file and number.
-- Grain: filename, file_row_number.
SELECT filename, file_row_number
FROM read_parquet($files, filename = true, file_row_number = true, hive_partitioning = false)
WHERE transaction_id = $transaction_id
