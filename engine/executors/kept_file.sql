-- What was metered now, and what had been kept of other windows and meters. Whole numbers of 39 digits are kept as text,
-- because Parquet has none.
-- Grain: meter_key, window_key, key_values.
SELECT meter_key, window_key, key_values, value::VARCHAR AS value
FROM kept_now
UNION ALL
SELECT meter_key, window_key, key_values, value::VARCHAR
FROM kept_before
ANTI JOIN kept_now USING (meter_key, window_key)
ORDER BY meter_key, window_key, key_values
