SELECT a.customer_id, sum(e.properties.tokens::DECIMAL(38, 0)) AS quantity
FROM events AS e
JOIN aliases AS a ON a.alias = e.customer_id
WHERE e.event_type = 'chat_message' AND e.timestamp >= '2026-10-01' AND e.timestamp < '2026-11-01'
GROUP BY a.customer_id
