/* @metric
name: average_daily_peak
@metric */
SELECT avg(peak) AS value
FROM (
    SELECT date_trunc('day', timestamp) AS day, max(properties.memory_gb) AS peak
    FROM events
    WHERE event_type = 'request'
    GROUP BY date_trunc('day', timestamp)
)
