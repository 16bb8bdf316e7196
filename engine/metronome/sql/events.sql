-- The events that the statements of an export can have read, as they were sent; a property without value was not sent.
-- Grain: transaction_id.
SELECT
    transaction_id,
    'PRODUCTION' AS environment_type,
    customer_id,
    timestamp,
    event_type,
    json_merge_patch(
        '{}', to_json(properties), coalesce(to_json(other_properties), '{}')
    )::VARCHAR AS properties,
    transaction_id AS _metronome_metadata_id,
    ingested_at AS updated_at
FROM landed_events
CROSS JOIN statement_bounds
WHERE timestamp >= statement_bounds.starting_at AND timestamp < statement_bounds.ending_before
ORDER BY timestamp, transaction_id
