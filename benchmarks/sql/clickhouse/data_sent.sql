SELECT
    a.customer_id AS customer_id, e.properties.region AS region,
    sum(toDecimal128(assumeNotNull(e.properties.size), 0) * toDecimal128(assumeNotNull(e.properties.num_recipients), 0)) AS quantity
FROM events AS e
JOIN aliases AS a ON a.alias = e.customer_id
WHERE e.event_type = 'message_sent' AND e.timestamp >= '2026-10-01' AND e.timestamp < '2026-11-01'
GROUP BY ALL
