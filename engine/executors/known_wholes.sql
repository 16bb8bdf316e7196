-- Of which windows is the value of every meter of the reading known? Parts of one whole are known together or not.
-- Grain: whole_id.
SELECT window_keys.whole_id
FROM window_keys
CROSS JOIN reading_meters
LEFT JOIN kept_windows USING (meter_key, window_key)
GROUP BY window_keys.whole_id
HAVING bool_and(kept_windows.window_key IS NOT NULL)
