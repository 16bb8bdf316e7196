-- What does each part of a quantity cost?
-- The tiers in force are the override's own when it overwrites, else the rate's, times the multiplier if there is
-- one. A flat price is a single tier without bounds. A tiered override has a multiplier for each of its own tiers, so
-- what lies in one tier of both is a part. A part's share of a segment is what of the running quantity moved inside it,
-- (lower, upper], so a falling quantity gives back at the prices it was billed at (spec/rating.md §4, §17 Q5). A
-- quantity of zero keeps one line for products that always show one.
-- QUANTITY, UNIT_PRICE and EXACT_UNIT_PRICE are the run's own narrowest types; a quantity times a unit price has at
-- most 26 places. What does not fit exactly is NULL here and parked next.
-- Grain: settle's, tier_level and override_tier_level.
WITH billed AS (
    SELECT
        settle.*,
        settle.quantity_after - settle.quantity_before AS segment_quantity,
        len(group_values.pricing_keys) = 0
            AND (len(group_values.presentation_keys) = 0 OR NOT settle.used) AS always_shown,
        overrides.override_type,
        overrides.multiplier,
        CASE WHEN overrides.override_type = 'OVERWRITE' THEN NULL ELSE settle.rate_no END AS tiers_of_rate_no,
        CASE WHEN overrides.override_type = 'OVERWRITE' THEN settle.price_override_no END AS tiers_of_override_no
    FROM settle
    JOIN group_values USING (values_no)
    LEFT JOIN overrides ON overrides.override_no = settle.price_override_no
    WHERE settle.outcome = 'billed'
),
tiered AS (
    SELECT billed.*, price_tiers.* EXCLUDE (rate_no, override_no)
    FROM billed
    JOIN price_tiers
        ON price_tiers.rate_no IS NOT DISTINCT FROM billed.tiers_of_rate_no
        AND price_tiers.override_no IS NOT DISTINCT FROM billed.tiers_of_override_no
),
parts AS (
    SELECT
        tiered.* REPLACE (coalesce(override_tiers.multiplier, tiered.multiplier) AS multiplier),
        override_tiers.override_tier_level,
        greatest(tiered.tier_starting_at, override_tiers.tier_starting_at) AS part_starting_at,
        least(tiered.tier_ending_at, override_tiers.tier_ending_at) AS part_ending_at
    FROM tiered
    LEFT JOIN override_tiers ON override_tiers.override_no = tiered.price_override_no
),
shares AS (
    SELECT
        *,
        least(greatest(quantity_before, part_starting_at), part_ending_at) AS position_before,
        least(greatest(quantity_after, part_starting_at), part_ending_at) AS position_after,
        position_after - position_before AS quantity,
        coalesce(quantity_after > part_starting_at, true)
            AND coalesce(quantity_after <= part_ending_at, true) AS holds_position,
        (price * coalesce(multiplier, 1))::EXACT_UNIT_PRICE AS exact_unit_price
    FROM parts
    WHERE coalesce(part_starting_at < part_ending_at, true)
)
SELECT
    * EXCLUDE (
        terms_no, breakdown_at, used, outcome, always_shown, holds_position, part_starting_at, part_ending_at,
        tiers_of_rate_no, tiers_of_override_no, exact_unit_price
    ),
    CASE
        WHEN try_cast(try_cast(exact_unit_price AS UNIT_PRICE) AS EXACT_UNIT_PRICE) = exact_unit_price
        THEN publishable(try_cast(exact_unit_price AS UNIT_PRICE))
    END AS unit_price,
    try_cast(try(quantity * try_cast(exact_unit_price AS UNIT_PRICE)) AS DECIMAL(38, 26)) AS total
FROM shares
WHERE quantity <> 0
    OR (segment_quantity = 0 AND always_shown AND holds_position)
    OR segment_quantity IS NULL
