-- Rows first_row to last_row (excluded) of `total` events spread evenly over October 2026.
-- A row depends on its number and on `total` and `customers` only, so any slice can be made on its own.
-- Eight event types take turns; each event has three properties in common and one or two of its own, all text.
-- Columns: those of a landed file but for ingested_at and batch_id. Grain: one event.
CREATE OR REPLACE MACRO generated_events(first_row, last_row, total, customers) AS TABLE
WITH numbered AS (
    SELECT i, hash(i) AS a, hash(i + 1_000_000_000_000) AS b FROM range(first_row, last_row) AS r(i)
), drawn AS (
    SELECT
        i, b,
        i % 8 AS kind,
        -- The product of two draws: a few customers have most of the events.
        ((a % 65_536) * (a // 65_536 % 65_536) * customers // 4_294_967_296)::BIGINT AS customer,
        (a // 4_294_967_296)::BIGINT AS c,
        TIMESTAMP '2026-10-01' + to_microseconds((i * 2_678_400_000_000::HUGEINT // total)::BIGINT) AS moment
    FROM numbered
)
SELECT
    md5(i::VARCHAR)::UUID::VARCHAR AS transaction_id,
    CASE b % 3 WHEN 0 THEN 'team-' ELSE 'acct-' END || lpad(customer::VARCHAR, 7, '0') AS customer_id,
    ['api_call', 'chat_message', 'llm_request', 'pool_size', 'session', 'seat_count', 'storage_heartbeat', 'message_sent'][kind + 1]
        AS event_type,
    moment AS timestamp,
    {
        'region': ['us-east-1', 'us-west-2', 'eu-west-1', 'ap-south-1'][(c % 4) + 1],
        'user_id': 'u' || customer || '-' || (c // 4 % 20),
        'project_id': 'p' || (c // 80 % 5),
        'model': CASE kind WHEN 2 THEN ['large', 'medium', 'small'][(c // 400 % 3) + 1] END,
        'tokens': CASE WHEN kind IN (1, 2) THEN (1 + b % 20_000)::VARCHAR END,
        'workers': CASE kind WHEN 3 THEN (1 + b % 64)::VARCHAR END,
        'seats': CASE kind WHEN 5 THEN (1 + b % 500)::VARCHAR END,
        'storage_used': CASE kind WHEN 6 THEN (b % 100_000)::VARCHAR || '.' || lpad((c % 1000)::VARCHAR, 3, '0') END,
        'size': CASE kind WHEN 7 THEN (1 + b % 1_000_000)::VARCHAR END,
        'num_recipients': CASE kind WHEN 7 THEN (1 + c % 5)::VARCHAR END
    } AS properties
FROM drawn;
