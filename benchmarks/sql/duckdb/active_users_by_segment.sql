-- A user counts in the segment of its first event.
WITH first_seen AS (
    SELECT
        a.customer_id, e.properties.user_id AS user_id,
        min(CASE
            WHEN e.timestamp < '2026-10-06 03:00' THEN 1
            WHEN e.timestamp < '2026-10-11 07:00' THEN 2
            WHEN e.timestamp < '2026-10-16 12:00' THEN 3
            WHEN e.timestamp < '2026-10-21 17:00' THEN 4
            WHEN e.timestamp < '2026-10-26 22:00' THEN 5
            ELSE 6
        END) AS segment_no
    FROM events AS e
    JOIN aliases AS a ON a.alias = e.customer_id
    WHERE e.event_type = 'request' AND e.timestamp >= '2026-10-01' AND e.timestamp < '2026-11-01'
        AND e.properties.user_id IS NOT NULL
    GROUP BY ALL
)
SELECT customer_id, segment_no, count(*) AS quantity
FROM first_seen
GROUP BY ALL
