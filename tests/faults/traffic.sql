/* Lines first_line to last_line (excluded) of a stream with everything in it that landing and metering tell apart.
   Line i depends on i alone. Eight event types take turns; six senders, two of whom nobody knows; half the lines are of
   one busy day, 17 October, the others of the whole month; seconds are whole, so that many timestamps are equal.
   One line in 991 is cut off, one in 997 repeats an id with other content, one in 1009 is sent again as it was; some
   values are no numbers, some have exponents, some have more digits than a DECIMAL.
   Columns: line. Grain: one line. */
CREATE OR REPLACE MACRO traffic(first_line, last_line) AS TABLE
WITH numbered AS (
    SELECT i AS line_no, CASE WHEN i % 1009 = 7 THEN i - 5 ELSE i END AS i
    FROM range(first_line, last_line) AS r(i)
), drawn AS (
    SELECT line_no, i, (hash(i) // 2)::BIGINT AS a, (hash(i + 1_000_000_000_000) // 2)::BIGINT AS b, i % 8 AS kind FROM numbered
), events AS (
    SELECT
        line_no,
        a,
        b,
        kind,
        md5((CASE WHEN i % 997 = 3 THEN i - 8 ELSE i END)::VARCHAR) AS transaction_id,
        ['acme', 'birch', 'cedar', 'cedar-labs', 'acme', 'nobody'][(a % 6) + 1] AS customer_id,
        ['api_calls', 'gpu_job', 'pool_size', 'session', 'seat_count', 'storage', 'wide', 'unmetered'][kind + 1]
            AS event_type,
        CASE WHEN a // 6 % 2 = 0 THEN TIMESTAMP '2026-10-17' + to_seconds(b % 86_400)
        ELSE TIMESTAMP '2026-10-01' + to_seconds(b % 2_678_400) END AS timestamp,
        ['us', 'eu', 'us', 'mars'][(a // 12 % 4) + 1] AS region
    FROM drawn
)
SELECT
    CASE WHEN line_no % 991 = 11 THEN '{"transaction_id":"' || transaction_id ELSE
        '{"transaction_id":"' || transaction_id
        || '","customer_id":"' || customer_id
        || '","event_type":"' || event_type
        || '","timestamp":"' || strftime(timestamp, '%Y-%m-%dT%H:%M:%SZ')
        || '","properties":{"region":"' || region
        || '","user_id":"u' || (a // 48 % 500)
        || '"' || CASE kind
            WHEN 0 THEN ',"calls":' || (1 + b % 100)
            WHEN 1 THEN ',"seconds":"' || (b % 1000) || '.' || lpad((a % 1_000_000)::VARCHAR, 6, '0') || '"'
            WHEN 2 THEN ',"workers":' || (1 + b % 64)
            WHEN 4 THEN ',"seats":' || (1 + b % 50)
            WHEN 5 THEN ',"bytes":"' || CASE b % 5_000 WHEN 0 THEN 'many' ELSE (b % 100_000)::VARCHAR END || '"'
            WHEN 6 THEN ',"amount":"' || CASE b % 3
                WHEN 0 THEN (a % 1_000) || 'e-12'
                WHEN 1 THEN (a % 10_000_000) || '00000000000000'
                ELSE (b % 100) || '.000000000000000000001' END || '"'
            ELSE '' END
        || '}}'
    END AS line
FROM events
ORDER BY line_no;
