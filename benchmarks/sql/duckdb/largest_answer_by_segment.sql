-- How far the running maximum rose in each segment, from the maxima of the segments.
WITH peaks AS (
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
        max(e.properties.output_tokens::BIGINT) AS peak
    FROM events AS e
    JOIN aliases AS a ON a.alias = e.customer_id
    WHERE e.event_type = 'request' AND e.timestamp >= '2026-10-01' AND e.timestamp < '2026-11-01'
    GROUP BY ALL
), running AS (
    SELECT *, max(peak) OVER (PARTITION BY customer_id ORDER BY segment_no) AS highest FROM peaks
)
SELECT
    customer_id, segment_no,
    highest - lag(highest, 1, 0) OVER (PARTITION BY customer_id ORDER BY segment_no) AS quantity
FROM running
