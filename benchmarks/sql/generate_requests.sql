-- Rows first_row to last_row (excluded) of `total` events of one type, spread evenly over October 2026.
-- A row depends on its number and on `total` and `customers` only, so any slice can be made on its own.
-- Of five events four bring a user never seen before and the fifth repeats an earlier one, so `total` events have
-- total * 4 / 5 distinct users, each of one customer; every property is text.
-- Columns: those of a landed file but for ingested_at and batch_id. Grain: one event.
CREATE OR REPLACE MACRO generated_requests(first_row, last_row, total, customers) AS TABLE
WITH numbered AS (
    SELECT
        i,
        CASE WHEN i % 5 = 4 THEN (hash(i) % (i - i // 5)::UBIGINT)::BIGINT ELSE i - i // 5 END AS seen,
        (hash(i + 2_000_000_000_000) // 2)::BIGINT AS b,
        (hash(i + 3_000_000_000_000) // 2)::BIGINT AS c,
        TIMESTAMP '2026-10-01' + to_microseconds((i * 2_678_400_000_000::HUGEINT // total)::BIGINT) AS moment
    FROM range(first_row, last_row) AS r(i)
), drawn AS (
    SELECT
        *,
        (hash(seen + 4_000_000_000_000) // 2)::BIGINT AS a,
        -- The product of two draws: a few customers have most of the events.
        ((a % 65_536) * (a // 65_536 % 65_536) * customers // 4_294_967_296)::BIGINT AS customer
    FROM numbered
)
SELECT
    md5(i::VARCHAR)::UUID::VARCHAR AS transaction_id,
    CASE b % 3 WHEN 0 THEN 'team-' ELSE 'acct-' END || lpad(customer::VARCHAR, 7, '0') AS customer_id,
    'request' AS event_type,
    moment AS timestamp,
    {
        'region': ['us-east-1', 'us-west-2', 'eu-west-1', 'ap-south-1'][(c % 4) + 1],
        'model': ['large', 'medium', 'small'][(c // 4 % 3) + 1],
        'plan': ['free', 'team', 'enterprise'][(c // 12 % 3) + 1],
        'user_id': 'usr_' || md5('user ' || seen)[1:16],
        'input_tokens': (1 + c // 36 % 20_000)::VARCHAR,
        'output_tokens': (1 + c // 1_000_000 % 500_000)::VARCHAR,
        'workers': (1 + b // 3 % 64)::VARCHAR,
        'seats': (1 + b // 192 % 500)::VARCHAR,
        'memory_gb': (b // 100_000 % 4_000)::VARCHAR || '.' || lpad((b // 400_000_000 % 1_000)::VARCHAR, 3, '0')
    } AS properties
FROM drawn;
