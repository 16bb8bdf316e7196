-- What has a metric come to, for the group values of a line, by the end of each window?
-- Grain: window_id.
SELECT window_id, value::VARCHAR AS value
FROM line_values
WHERE key_values IS NOT DISTINCT FROM $key_values::VARCHAR[]
