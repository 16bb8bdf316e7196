-- What has been metered, to be kept. A window without any usage has one row, without key values.
-- Windows of one name have one answer, and so have meters: that of one of them is enough.
-- Grain: meter_key, window_key, key_values.
WITH named AS (
    SELECT
        read_meters.meter_key,
        all_window_keys.window_key,
        min({'meter_id': read_meters.meter_id, 'window_id': all_window_keys.window_id}) AS first
    FROM read_meters
    JOIN all_window_keys USING (windows_no)
    GROUP BY ALL
)
SELECT named.meter_key, named.window_key, metered.key_values, metered.value
FROM named
LEFT JOIN metered ON metered.meter_id = named.first.meter_id AND metered.window_id = named.first.window_id
