-- The one event that compiled metrics are asked about, under the name they read events by.
-- Grain: the only row.
CREATE OR REPLACE TEMP TABLE event_files AS
SELECT * EXCLUDE (file_row_number)
FROM read_parquet([$file], file_row_number = true, hive_partitioning = false)
WHERE file_row_number = $row
