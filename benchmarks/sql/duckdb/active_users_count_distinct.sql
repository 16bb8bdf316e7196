SELECT a.customer_id, count(DISTINCT e.properties.user_id) AS quantity
FROM events AS e
JOIN aliases AS a ON a.alias = e.customer_id
WHERE e.event_type = 'request' AND e.timestamp >= '2026-10-01' AND e.timestamp < '2026-11-01'
GROUP BY a.customer_id
