SELECT customer_id, region, sum(peak) AS quantity
FROM (
    SELECT
        a.customer_id AS customer_id, e.properties.region AS region, e.properties.user_id AS user_id,
        toDate(e.timestamp) AS day,
        max(toDecimal128(assumeNotNull(e.properties.storage_used), 3)) AS peak
    FROM events AS e
    JOIN aliases AS a ON a.alias = e.customer_id
    WHERE e.event_type = 'storage_heartbeat' AND e.timestamp >= '2026-10-01' AND e.timestamp < '2026-11-01'
    GROUP BY ALL
)
GROUP BY customer_id, region
