SELECT customer_id, count(*) AS quantity
FROM (
    SELECT DISTINCT a.customer_id, e.properties.user_id
    FROM events AS e
    JOIN aliases AS a ON a.alias = e.customer_id
    WHERE e.event_type = 'request' AND e.timestamp >= '2026-10-01' AND e.timestamp < '2026-11-01'
        AND e.properties.user_id IS NOT NULL
)
GROUP BY customer_id
