-- Where a statement period is cut: how far had each group's running value come when a segment began and when it ended?
-- A group is one combination of the product's group key values, and once seen in a statement period it stands in every
-- segment of it. Each meter's running value comes from its readings, combined where they are readings of parts; what it
-- grew by in a segment is, for a sum, the reading itself. A group missing from a reading stands at zero. A segment adds
-- what its own meter grew by, so that after a swap the new metric counts only from there (spec/metering.md §8.2).
-- Readings that no exact whole number can hold, or that might outgrow one when added up, make the group's values NULL,
-- which parks the contract later.
-- Groups are numbered once, so that what is sorted here is numbers.
-- Grain: product_period_no, segment_no, key_values.
WITH readings AS (
    SELECT product_period_no, segment_no, meter_id, key_values, value
    FROM segment_readings
    JOIN metered USING (meter_id, window_id)
    WHERE segments > 1
),
period_groups AS (
    SELECT
        product_period_no,
        key_values,
        bool_or(value IS NULL) AS unread,
        max(abs(value)) AS largest,
        count(*) AS readings
    FROM readings
    GROUP BY product_period_no, key_values
),
factors AS (
    SELECT product_period_no, max(value_factor) AS value_factor
    FROM segments
    WHERE segments > 1
    GROUP BY product_period_no
),
groups AS MATERIALIZED (
    SELECT
        product_period_no,
        key_values,
        unread OR try(largest * (2 * readings) * value_factor) IS NULL AS beyond,
        row_number() OVER () AS group_no
    FROM period_groups
    JOIN factors USING (product_period_no)
),
grid AS (
    SELECT
        groups.group_no,
        segment_readings.product_period_no,
        segment_readings.segment_no,
        segment_readings.meter_id,
        segment_readings.combined_by,
        readings.value
    FROM groups
    JOIN segment_readings USING (product_period_no)
    LEFT JOIN readings
        ON readings.product_period_no = groups.product_period_no
        AND readings.segment_no = segment_readings.segment_no
        AND readings.meter_id = segment_readings.meter_id
        AND readings.key_values = groups.key_values
        AND NOT groups.beyond
),
running AS (
    SELECT
        *,
        coalesce(CASE combined_by
            WHEN 'MAX' THEN max(value) OVER so_far
            WHEN 'MIN' THEN min(value) OVER so_far
            WHEN 'LAST' THEN last_value(value IGNORE NULLS) OVER so_far
            ELSE value
        END, 0) AS meter_value
    FROM grid
    WHERE combined_by IS DISTINCT FROM 'SUM'
    WINDOW so_far AS (
        PARTITION BY group_no, meter_id ORDER BY segment_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
),
grown AS (
    SELECT group_no, product_period_no, segment_no, meter_id, coalesce(value, 0) AS growth
    FROM grid
    WHERE combined_by = 'SUM'
    UNION ALL
    SELECT
        group_no,
        product_period_no,
        segment_no,
        meter_id,
        meter_value - lag(meter_value, 1, 0::HUGEINT) OVER (PARTITION BY group_no, meter_id ORDER BY segment_no)
    FROM running
),
added AS (
    SELECT
        grown.group_no,
        grown.product_period_no,
        grown.segment_no,
        grown.growth * segments.value_factor AS growth,
        sum(grown.growth * segments.value_factor) OVER (
            PARTITION BY grown.group_no ORDER BY grown.segment_no
        ) AS value_after
    FROM grown
    JOIN segments USING (product_period_no, segment_no, meter_id)
)
SELECT
    added.product_period_no,
    added.segment_no,
    groups.key_values,
    CASE WHEN NOT groups.beyond THEN added.value_after - added.growth END AS value_before,
    CASE WHEN NOT groups.beyond THEN added.value_after END AS value_after
FROM added
JOIN groups USING (group_no)
