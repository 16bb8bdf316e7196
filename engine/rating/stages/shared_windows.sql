-- Which meters are read over exactly the same windows?
-- Each names the first meter that has its windows, so that readings one after another need not set them again.
-- Grain: meter_id.
WITH of_meter AS (
    SELECT meter_id, list(window_id ORDER BY window_id) AS window_ids
    FROM meter_windows
    GROUP BY meter_id
)
SELECT meter_id, min(meter_id) OVER (PARTITION BY window_ids) AS windows_of
FROM of_meter
