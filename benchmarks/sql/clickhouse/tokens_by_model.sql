SELECT
    a.customer_id AS customer_id, e.properties.model AS model, e.properties.region AS region,
    sum(toDecimal128(assumeNotNull(e.properties.tokens), 0)) AS quantity
FROM events AS e
JOIN aliases AS a ON a.alias = e.customer_id
WHERE e.event_type = 'llm_request' AND e.timestamp >= '2026-10-01' AND e.timestamp < '2026-11-01'
    AND e.properties.model IS NOT NULL AND e.properties.region IS NOT NULL AND e.properties.tokens IS NOT NULL
GROUP BY ALL
