-- Lines of small events whose only purpose is to fill the history of transaction ids.
-- Columns: line. Grain: one event.
CREATE OR REPLACE MACRO generated_earlier_lines(first_row, last_row, total) AS TABLE
SELECT
    '{"transaction_id":"' || md5('earlier ' || i)::UUID::VARCHAR
    || '","customer_id":"acct-' || lpad((i % 1000)::VARCHAR, 7, '0')
    || '","event_type":"earlier","timestamp":"'
    || replace((TIMESTAMP '2026-10-01' + to_microseconds((i * 2_678_400_000_000::HUGEINT // total)::BIGINT))::VARCHAR, ' ', 'T')
    || 'Z","properties":{}}' AS line
FROM range(first_row, last_row) AS r(i);
