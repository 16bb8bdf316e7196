-- A value for every group of every window of every meter, made from their numbers alone. A third of them each ends in
-- the first, the second and the third tier. `meter_groups` has the groups of each meter: meter_id, group_no, key_values,
-- and `unit`, how much of the meter's smallest unit is one of the product's.
INSERT INTO metered
WITH numbered AS (
    SELECT
        meter_id,
        window_id,
        key_values,
        unit,
        (window_id * 2654435761 + meter_id * 40503 + group_no * 9973) % 1000003 AS number
    FROM meter_windows
    JOIN meter_groups USING (meter_id)
)
SELECT
    meter_id,
    window_id,
    key_values,
    (CASE number % 3 WHEN 0 THEN number % 100 WHEN 1 THEN 100 + number % 900 ELSE 1000 + number % 9000 END)::HUGEINT
        * unit + number % unit AS value
FROM numbered
