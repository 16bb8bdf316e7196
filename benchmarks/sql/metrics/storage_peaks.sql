/* @metric
name: storage_peaks
group_keys: [[region]]
@metric */
SELECT sum(peak) AS value, region
FROM (
    SELECT
        properties.region AS region, properties.user_id AS user_id,
        date_trunc('day', timestamp) AS day,
        max(properties.storage_used) AS peak
    FROM events
    WHERE event_type = 'storage_heartbeat'
    GROUP BY properties.region, properties.user_id, date_trunc('day', timestamp)
)
GROUP BY region
