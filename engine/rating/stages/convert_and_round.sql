-- What quantity is that, in the product's units?
-- The running value is converted first and rounded second, on both ends of the segment, and the quantity is their
-- difference: so the quantities of a statement period add up to the rounded total (spec/rating.md §17 Q1, Q2).
-- A value that the exact types cannot hold becomes NULL here and parks its contract later; it is never cut short.
-- Grain: as usage.
WITH converted AS (
    SELECT
        usage.*,
        usage_products.pricing_keys,
        usage_products.presentation_keys,
        list_select(key_values, usage_products.pricing_positions) AS pricing_values,
        list_select(key_values, usage_products.presentation_positions) AS presentation_values,
        try(round_quantity(
            convert_quantity(value_before, multiplier, divisor), rounding_method, rounding_unit
        )) AS whole_before,
        try(round_quantity(
            convert_quantity(value_after, multiplier, divisor), rounding_method, rounding_unit
        )) AS whole_after,
        usage_products.quantity_divisor,
        usage_products.quantity_unit
    FROM usage
    JOIN usage_products USING (product_id)
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
    pricing_keys,
    presentation_keys,
    pricing_values,
    presentation_values,
    used,
    value_before,
    value_after,
    CASE WHEN whole_before % quantity_divisor = 0
        THEN publishable(try(in_units(whole_before // quantity_divisor, quantity_unit)))
    END AS quantity_before,
    CASE WHEN whole_after % quantity_divisor = 0
        THEN publishable(try(in_units(whole_after // quantity_divisor, quantity_unit)))
    END AS quantity_after
FROM converted
