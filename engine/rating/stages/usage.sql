-- How far had each group's running value come when a segment began and when it ended?
-- Values are whole numbers of the meter's smallest unit. A group is one combination of the product's group key
-- values, and once seen in a statement period it stands in every segment of it. A metric that adds up is accumulated
-- over the segments; any other is already read from the start of the period, and a group missing from a reading
-- stands at zero. A product without pricing group key has a line even with no usage (spec/rating.md §2), so it gets
-- a group of its own then.
-- Grain: contract_id, product_id, period_starting_at, key_values, segment_no.
WITH readings AS (
    SELECT segments.*, metered.key_values, metered.value
    FROM segments
    JOIN meter_windows
        ON meter_windows.meter_id = segments.meter_id
        AND meter_windows.customer_id = segments.customer_id
        AND meter_windows.starting_at = segments.metered_from
        AND meter_windows.ending_before = segments.ending_before
    JOIN metered ON metered.window_id = meter_windows.window_id
),
grid AS (
    SELECT segments.*, group_periods.key_values
    FROM (
        SELECT DISTINCT contract_id, product_id, period_starting_at, key_values
        FROM readings
        WHERE segments > 1
    ) AS group_periods
    JOIN segments USING (contract_id, product_id, period_starting_at)
),
running AS (
    SELECT grid.*, coalesce(readings.value, 0) AS value
    FROM grid
    LEFT JOIN readings
        ON readings.contract_id = grid.contract_id
        AND readings.product_id = grid.product_id
        AND readings.period_starting_at = grid.period_starting_at
        AND readings.segment_no = grid.segment_no
        AND readings.key_values IS NOT DISTINCT FROM grid.key_values
),
positions AS (
    SELECT *, true AS used, 0::HUGEINT AS value_before, value AS value_after
    FROM readings
    WHERE segments = 1
    UNION ALL BY NAME
    SELECT
        *,
        true AS used,
        CASE WHEN additive
            THEN coalesce(sum(value) OVER (group_in_time ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
            ELSE coalesce(lag(value) OVER group_in_time, 0)
        END AS value_before,
        CASE WHEN additive THEN sum(value) OVER group_in_time ELSE value END AS value_after
    FROM running
    WINDOW group_in_time AS (
        PARTITION BY contract_id, product_id, period_starting_at, key_values ORDER BY segment_no
    )
    UNION ALL BY NAME
    SELECT segments.*, usage_products.no_key_values AS key_values, false AS used,
        0::HUGEINT AS value_before, 0::HUGEINT AS value_after
    FROM segments
    JOIN usage_products USING (product_id)
    ANTI JOIN readings USING (contract_id, product_id, period_starting_at)
    WHERE len(usage_products.pricing_keys) = 0
)
SELECT
    contract_id,
    customer_id,
    rate_card_id,
    product_id,
    period_starting_at,
    period_ending_before,
    segment_no,
    segments,
    starting_at,
    ending_before,
    priced_at,
    key_values,
    used,
    value_before,
    value_after
FROM positions
