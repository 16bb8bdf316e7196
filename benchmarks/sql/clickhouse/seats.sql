-- Ties go to the later arrival, then to the greater transaction id, as in the engine.
SELECT
    a.customer_id AS customer_id,
    argMax(toDecimal128(assumeNotNull(e.properties.seats), 0), (e.timestamp, e.ingested_at, e.transaction_id)) AS quantity
FROM events AS e
JOIN aliases AS a ON a.alias = e.customer_id
WHERE e.event_type = 'seat_count' AND e.timestamp >= '2026-10-01' AND e.timestamp < '2026-11-01'
GROUP BY a.customer_id
