/* @metric
name: worker_minutes
@metric */
SELECT avg(minutes) AS value
FROM (
    SELECT date_trunc('day', minute) AS day, sum(peak) AS minutes
    FROM (
        SELECT date_trunc('minute', timestamp) AS minute, max(properties.workers) AS peak
        FROM events
        WHERE event_type = 'request'
        GROUP BY date_trunc('minute', timestamp)
    )
    GROUP BY date_trunc('day', minute)
)
