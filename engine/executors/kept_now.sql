-- What has been metered, to be kept. A window without any usage has one row, without key values.
-- Windows of one name have one answer, and so have meters: that of one of them is enough. Where a metric failed nothing
-- is known.
-- Grain: meter_key, window_key, key_values.
WITH failed_windows AS (
    SELECT meter_windows.meter_id, meter_windows.window_id
    FROM meter_windows
    JOIN failed_readings USING (meter_id, customer_id)
),
named AS (
    SELECT
        read_meters.meter_key,
        all_window_keys.window_key,
        min({'meter_id': read_meters.meter_id, 'window_id': all_window_keys.window_id}) AS first
    FROM read_meters
    JOIN all_window_keys USING (windows_no)
    ANTI JOIN failed_windows
        ON failed_windows.meter_id = read_meters.meter_id
        AND failed_windows.window_id = all_window_keys.window_id
    GROUP BY ALL
)
SELECT named.meter_key, named.window_key, metered.key_values, metered.value
FROM named
LEFT JOIN metered ON metered.meter_id = named.first.meter_id AND metered.window_id = named.first.window_id
