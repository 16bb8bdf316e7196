-- The rows of generated_requests as lines of JSON; the counts of seats are JSON numbers, everything else is text.
-- Columns: line. Grain: one event.
CREATE OR REPLACE MACRO generated_request_lines(first_row, last_row, total, customers) AS TABLE
SELECT
    '{"transaction_id":"' || transaction_id
    || '","customer_id":"' || customer_id
    || '","event_type":"' || event_type
    || '","timestamp":"' || replace(timestamp::VARCHAR, ' ', 'T')
    || 'Z","properties":{"region":"' || properties.region
    || '","model":"' || properties.model
    || '","plan":"' || properties.plan
    || '","user_id":"' || properties.user_id
    || '","input_tokens":"' || properties.input_tokens
    || '","output_tokens":"' || properties.output_tokens
    || '","workers":"' || properties.workers
    || '","seats":' || properties.seats
    || ',"memory_gb":"' || properties.memory_gb
    || '"}}' AS line
FROM generated_requests(first_row, last_row, total, customers);
