-- A sum can be cut into parts: each segment for itself.
SELECT
    a.customer_id,
    CASE
        WHEN e.timestamp < '2026-10-06 03:00' THEN 1
        WHEN e.timestamp < '2026-10-11 07:00' THEN 2
        WHEN e.timestamp < '2026-10-16 12:00' THEN 3
        WHEN e.timestamp < '2026-10-21 17:00' THEN 4
        WHEN e.timestamp < '2026-10-26 22:00' THEN 5
        ELSE 6
    END AS segment_no,
    sum(e.properties.input_tokens::BIGINT) AS quantity
FROM events AS e
JOIN aliases AS a ON a.alias = e.customer_id
WHERE e.event_type = 'request' AND e.timestamp >= '2026-10-01' AND e.timestamp < '2026-11-01'
GROUP BY ALL
