-- From the latest count of one segment to that of the next; a segment without a report changes nothing.
-- Ties go to the later arrival, then to the greater transaction id, as in the engine.
WITH latest AS (
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
        arg_max(e.properties.seats::BIGINT, (e.timestamp, e.ingested_at, e.transaction_id)) AS seats
    FROM events AS e
    JOIN aliases AS a ON a.alias = e.customer_id
    WHERE e.event_type = 'request' AND e.timestamp >= '2026-10-01' AND e.timestamp < '2026-11-01'
        AND e.properties.seats IS NOT NULL
    GROUP BY ALL
)
SELECT
    customer_id, segment_no,
    seats - lag(seats, 1, 0) OVER (PARTITION BY customer_id ORDER BY segment_no) AS quantity
FROM latest
