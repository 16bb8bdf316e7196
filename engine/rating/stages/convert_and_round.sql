-- What quantity is that, in the product's units?
-- The running value is converted first and rounded second, on both ends of the segment, and the quantity is their
-- difference: so the quantities of a statement period add up to the rounded total (spec/rating.md §17 Q1, Q2). A product
-- that is converted or rounded differently from some instant on counts by its new terms from there, as after a swap of
-- its metric; so there the running quantity is the sum of the quantities so far. Without such a change that sum is what
-- the running value converts to, and is not added up.
-- A value that the exact types cannot hold becomes NULL here and parks its contract later; it is never cut short.
-- Grain: usage_no (one per product_period_no, values_no, starting_at).
WITH converted AS (
    SELECT
        usage.* EXCLUDE (key_values),
        group_values.values_no,
        try(convert_quantity(value_before, multiplier, divisor)) AS exact_before,
        try(convert_quantity(value_after, multiplier, divisor)) AS exact_after,
        product_versions.rounding_method,
        product_versions.rounding_unit,
        product_versions.quantity_divisor,
        product_versions.quantity_unit
    FROM usage
    JOIN product_versions USING (product_id, version_no)
    JOIN group_values USING (product_id, stretch_no, key_values)
),
rounded AS (
    -- A step of its own: a macro repeats its argument as text, and planning that takes longer than a small run.
    SELECT
        * EXCLUDE (exact_before, exact_after, rounding_method, rounding_unit),
        try(round_quantity(exact_before, rounding_method, rounding_unit)) AS whole_before,
        try(round_quantity(exact_after, rounding_method, rounding_unit)) AS whole_after
    FROM converted
),
quantities AS (
    SELECT
        * EXCLUDE (whole_before, whole_after, quantity_divisor, quantity_unit),
        CASE WHEN whole_before % quantity_divisor = 0
            THEN publishable(try(in_units(whole_before // quantity_divisor, quantity_unit)))
        END AS converted_before,
        CASE WHEN whole_after % quantity_divisor = 0
            THEN publishable(try(in_units(whole_after // quantity_divisor, quantity_unit)))
        END AS converted_after
    FROM rounded
),
bounded AS (
    SELECT
        * EXCLUDE (converted_before, converted_after),
        CASE
            WHEN abs(converted_before) < 1000000000000000000 AND abs(converted_after) < 1000000000000000000
            THEN converted_after - converted_before
        END AS segment_quantity
    FROM quantities
    WHERE adds_up
),
added AS (
    -- What might outgrow a number when added up parks, too, and with it its whole group.
    SELECT
        *,
        CASE WHEN bool_and(segment_quantity IS NOT NULL) OVER all_of_it
            THEN publishable(sum(segment_quantity) OVER so_far)
        END AS quantity_after
    FROM bounded
    WINDOW
        all_of_it AS (PARTITION BY product_period_no, values_no),
        so_far AS (
            PARTITION BY product_period_no, values_no ORDER BY segment_no
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        )
),
positioned AS (
    SELECT * EXCLUDE (segment_quantity), publishable(quantity_after - segment_quantity) AS quantity_before
    FROM added
    UNION ALL BY NAME
    SELECT
        * EXCLUDE (converted_before, converted_after),
        converted_before AS quantity_before,
        converted_after AS quantity_after
    FROM quantities
    WHERE NOT adds_up
)
SELECT
    row_number() OVER () AS usage_no,
    positioned.* EXCLUDE (adds_up, quantity_before, quantity_after),
    quantity_before::QUANTITY AS quantity_before,
    quantity_after::QUANTITY AS quantity_after
FROM positioned
