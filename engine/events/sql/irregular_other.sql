/* Why: numbers that are not plain are judged one by one.
   Grain: one row per day, property and distinct value. Columns: date, name, value, occurrences. */
SELECT date, entry.key AS name, entry.value AS value, count(*) AS occurrences
FROM (
    SELECT CAST(timestamp AS DATE) AS date, unnest(map_entries(other_properties)) AS entry
    FROM landing.staged
    WHERE other_properties IS NOT NULL
)
WHERE landing.number_code(entry.value) = -2
GROUP BY ALL
ORDER BY ALL;
