-- The same for one who knows that a maximum can be cut into parts: the events become one row a day and segment,
-- and the six windows read those.
WITH cells AS (
    SELECT
        a.customer_id, date_trunc('day', e.timestamp) AS day,
        CASE
            WHEN e.timestamp < '2026-10-06 03:00' THEN 1
            WHEN e.timestamp < '2026-10-11 07:00' THEN 2
            WHEN e.timestamp < '2026-10-16 12:00' THEN 3
            WHEN e.timestamp < '2026-10-21 17:00' THEN 4
            WHEN e.timestamp < '2026-10-26 22:00' THEN 5
            ELSE 6
        END AS segment_no,
        max(e.properties.memory_gb::DECIMAL(18, 3)) AS peak
    FROM events AS e
    JOIN aliases AS a ON a.alias = e.customer_id
    WHERE e.event_type = 'request' AND e.timestamp >= '2026-10-01' AND e.timestamp < '2026-11-01'
    GROUP BY ALL
), daily AS (
    SELECT customer_id, day, unnest(range(segment_no, 7)) AS segment_no, peak FROM cells
), highest AS (
    SELECT customer_id, day, segment_no, max(peak) AS peak FROM daily GROUP BY ALL
), running AS (
    SELECT
        customer_id, segment_no,
        ((sum(peak) * 1000)::HUGEINT * 2_000_000_000 + count(*)) // (2 * count(*)) AS average
    FROM highest
    GROUP BY ALL
)
SELECT
    customer_id, segment_no,
    (average - lag(average, 1, 0) OVER (PARTITION BY customer_id ORDER BY segment_no))::DECIMAL(38, 0)
        * 0.000000000001::DECIMAL(12, 12) AS quantity
FROM running
