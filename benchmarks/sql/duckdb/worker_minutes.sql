-- The average in units of 10^-12, half away from zero.
WITH minutes AS (
    SELECT
        a.customer_id, date_trunc('minute', e.timestamp) AS minute,
        max(e.properties.workers::BIGINT) AS peak
    FROM events AS e
    JOIN aliases AS a ON a.alias = e.customer_id
    WHERE e.event_type = 'request' AND e.timestamp >= '2026-10-01' AND e.timestamp < '2026-11-01'
    GROUP BY ALL
), days AS (
    SELECT customer_id, date_trunc('day', minute) AS day, sum(peak) AS minutes FROM minutes GROUP BY ALL
)
SELECT
    customer_id,
    ((sum(minutes)::HUGEINT * 2_000_000_000_000 + count(*)) // (2 * count(*)))::DECIMAL(38, 0)
        * 0.000000000001::DECIMAL(12, 12) AS quantity
FROM days
GROUP BY customer_id
