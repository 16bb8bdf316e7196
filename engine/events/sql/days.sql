/* Why: each UTC day becomes one file.
   Grain: one row per day with accepted events. Columns: date, rows, first_timestamp, last_timestamp. */
SELECT
    CAST(timestamp AS DATE) AS date,
    count(*) AS rows,
    min(timestamp) AS first_timestamp,
    max(timestamp) AS last_timestamp
FROM landing.staged
GROUP BY date
ORDER BY date;
