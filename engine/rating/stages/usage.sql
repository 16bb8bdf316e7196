-- How far had each group's running value come when a segment began and when it ended?
-- Values are whole numbers of the product's finest unit. A group is one combination of the product's group key
-- values, and once seen in a statement period it stands in every segment of it. Each meter's running value comes from
-- its readings, combined where they are readings of parts; a group missing from a reading stands at zero. A segment
-- adds what its own meter grew by, so that after a swap the new metric counts only from there (spec/metering.md §8.2).
-- A reading that no exact whole number can hold makes its product's values NULL, which parks the contract later.
-- A product without pricing group key has a line even with no usage (spec/rating.md §2), so it gets a group then.
-- Grain: contract_id, product_id, period_starting_at, key_values, segment_no.
WITH readings AS (
    SELECT segment_readings.*, metered.key_values, metered.value, metered.value IS NULL AS beyond
    FROM segment_readings
    JOIN metered USING (meter_id, window_id)
),
whole_periods AS (
    SELECT segments.*, readings.key_values, try(readings.value * segments.value_factor) AS value_after
    FROM segments
    JOIN readings USING (contract_id, product_id, segment_no, period_starting_at)
    WHERE segments.segments = 1
),
grid AS (
    SELECT segment_readings.*, group_periods.key_values
    FROM (
        SELECT DISTINCT contract_id, product_id, period_starting_at, key_values
        FROM readings
        JOIN segments USING (contract_id, product_id, segment_no, period_starting_at)
        WHERE segments.segments > 1
    ) AS group_periods
    JOIN segment_readings USING (contract_id, product_id, period_starting_at)
),
read_grid AS (
    SELECT
        grid.*,
        readings.value,
        bool_or(coalesce(readings.beyond, false)) OVER (
            PARTITION BY grid.contract_id, grid.product_id, grid.period_starting_at, grid.key_values
        ) AS beyond
    FROM grid
    LEFT JOIN readings
        ON readings.contract_id = grid.contract_id
        AND readings.product_id = grid.product_id
        AND readings.period_starting_at = grid.period_starting_at
        AND readings.meter_id = grid.meter_id
        AND readings.segment_no = grid.segment_no
        AND readings.key_values IS NOT DISTINCT FROM grid.key_values
),
running AS (
    SELECT
        *,
        coalesce(CASE combined_by
            WHEN 'SUM' THEN sum(value) OVER so_far
            WHEN 'MAX' THEN max(value) OVER so_far
            WHEN 'MIN' THEN min(value) OVER so_far
            WHEN 'LAST' THEN last_value(value IGNORE NULLS) OVER so_far
            ELSE value
        END, 0) AS meter_value
    FROM read_grid
    WINDOW so_far AS (
        PARTITION BY contract_id, product_id, period_starting_at, meter_id, key_values
        ORDER BY segment_no
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
),
grown AS (
    SELECT
        *,
        meter_value - lag(meter_value, 1, 0::HUGEINT) OVER (
            PARTITION BY contract_id, product_id, period_starting_at, meter_id, key_values ORDER BY segment_no
        ) AS growth
    FROM running
),
cut_periods AS (
    SELECT
        segments.*,
        grown.key_values,
        CASE WHEN NOT grown.beyond THEN sum(grown.growth * segments.value_factor) OVER (
            PARTITION BY segments.contract_id, segments.product_id, segments.period_starting_at, grown.key_values
            ORDER BY segments.segment_no
        ) END AS value_after,
        value_after - grown.growth * segments.value_factor AS value_before
    FROM segments
    JOIN grown USING (contract_id, product_id, period_starting_at, segment_no, meter_id)
),
positions AS (
    SELECT *, true AS used, CASE WHEN value_after IS NOT NULL THEN 0::HUGEINT END AS value_before
    FROM whole_periods
    UNION ALL BY NAME
    SELECT *, true AS used
    FROM cut_periods
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
    meter_id,
    period_starting_at,
    period_ending_before,
    segment_no,
    segments,
    starting_at,
    ending_before,
    breakdown_at,
    priced_at,
    key_values,
    used,
    value_before,
    value_after
FROM positions
