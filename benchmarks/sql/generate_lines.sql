-- The rows of generated_events as lines of JSON, absent properties left out; the counts of seats are JSON numbers,
-- everything else is text.
-- Columns: line. Grain: one event.
CREATE OR REPLACE MACRO generated_lines(first_row, last_row, total, customers) AS TABLE
SELECT
    '{"transaction_id":"' || transaction_id
    || '","customer_id":"' || customer_id
    || '","event_type":"' || event_type
    || '","timestamp":"' || replace(timestamp::VARCHAR, ' ', 'T')
    || 'Z","properties":{"region":"' || properties.region
    || '","user_id":"' || properties.user_id
    || '","project_id":"' || properties.project_id || '"'
    || coalesce(',"model":"' || properties.model || '"', '')
    || coalesce(',"tokens":"' || properties.tokens || '"', '')
    || coalesce(',"workers":"' || properties.workers || '"', '')
    || coalesce(',"seats":' || properties.seats, '')
    || coalesce(',"storage_used":"' || properties.storage_used || '"', '')
    || coalesce(',"size":"' || properties.size || '"', '')
    || coalesce(',"num_recipients":"' || properties.num_recipients || '"', '')
    || '}}' AS line
FROM generated_events(first_row, last_row, total, customers);
