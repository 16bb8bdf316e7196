-- What is known of the windows that are known, as rows of `metered`.
-- Grain: meter_id, window_id, key_values.
SELECT reading_meters.meter_id, window_keys.window_id, kept_values.key_values, kept_values.value
FROM window_keys
SEMI JOIN known_wholes USING (whole_id)
CROSS JOIN reading_meters
JOIN kept_values USING (meter_key, window_key)
