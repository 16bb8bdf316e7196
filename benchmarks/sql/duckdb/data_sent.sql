SELECT
    a.customer_id, e.properties.region AS region,
    sum(e.properties.size::DECIMAL(18, 0) * e.properties.num_recipients::DECIMAL(18, 0)) AS quantity
FROM events AS e
JOIN aliases AS a ON a.alias = e.customer_id
WHERE e.event_type = 'message_sent' AND e.timestamp >= '2026-10-01' AND e.timestamp < '2026-11-01'
GROUP BY ALL
