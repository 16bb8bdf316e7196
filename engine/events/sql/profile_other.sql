/* Why: the numeric profile of the properties kept outside the struct.
   Grain: one row per day and property. Columns: date, name, codes (how many values by landing.number_code). */
SELECT date, entry.key AS name, histogram(landing.number_code(entry.value)) AS codes
FROM (
    SELECT CAST(timestamp AS DATE) AS date, unnest(map_entries(other_properties)) AS entry
    FROM landing.staged
    WHERE other_properties IS NOT NULL
)
GROUP BY date, name
ORDER BY date, name;
