SELECT a.customer_id AS customer_id, count(*) AS quantity
FROM events AS e
JOIN aliases AS a ON a.alias = e.customer_id
WHERE e.event_type = 'api_call' AND e.timestamp >= '2026-10-01' AND e.timestamp < '2026-11-01'
GROUP BY a.customer_id
