-- What does usage cost while a balance covers it, where that is not the line's own price?
-- Tiers go by the running quantity as they do for the line's own price, so each part of a line has its place among them
-- (spec/rating.md §5.3, §17 Q6). Only what grows is covered.
-- What does not fit exactly is NULL here and parks its pool later.
-- Grain: charge_no, segment_no, part_starting_at, tier_level, override_tier_level.
WITH priced AS (
    SELECT
        drawn_charges.charge_no,
        drawn_charges.position_before,
        drawn_charges.position_after,
        drawn_charges.rate_no,
        balance_prices.segment_no,
        balance_prices.from_commit_rate,
        balance_prices.price_override_no,
        overrides.override_type,
        overrides.multiplier
    FROM drawn_charges
    JOIN balance_prices USING (usage_no)
    LEFT JOIN overrides ON overrides.override_no = balance_prices.price_override_no
    WHERE drawn_charges.position_before < drawn_charges.position_after
),
tiered AS (
    SELECT priced.*, price_tiers.* EXCLUDE (rate_no, override_no)
    FROM priced
    JOIN price_tiers ON price_tiers.override_no = priced.price_override_no
    WHERE priced.override_type = 'OVERWRITE'
    UNION ALL BY NAME
    SELECT priced.*, price_tiers.* EXCLUDE (rate_no, override_no)
    FROM priced
    JOIN price_tiers ON price_tiers.rate_no = priced.rate_no
    WHERE priced.override_type IS DISTINCT FROM 'OVERWRITE' AND NOT priced.from_commit_rate
    UNION ALL BY NAME
    SELECT priced.*, commit_tiers.* EXCLUDE (rate_no)
    FROM priced
    JOIN commit_tiers ON commit_tiers.rate_no = priced.rate_no
    WHERE priced.override_type IS DISTINCT FROM 'OVERWRITE' AND priced.from_commit_rate
),
parts AS (
    SELECT
        tiered.* REPLACE (coalesce(override_tiers.multiplier, tiered.multiplier) AS multiplier),
        override_tiers.override_tier_level,
        greatest(tiered.position_before, tiered.tier_starting_at, override_tiers.tier_starting_at) AS part_starting_at,
        least(tiered.position_after, tiered.tier_ending_at, override_tiers.tier_ending_at) AS part_ending_at,
        (tiered.price * coalesce(override_tiers.multiplier, tiered.multiplier, 1))::EXACT_UNIT_PRICE AS exact_unit_price
    FROM tiered
    LEFT JOIN override_tiers ON override_tiers.override_no = tiered.price_override_no
)
SELECT
    charge_no,
    segment_no,
    part_starting_at,
    part_ending_at,
    CASE
        WHEN try_cast(try_cast(exact_unit_price AS DECIMAL(38, 18)) AS EXACT_UNIT_PRICE) = exact_unit_price
        THEN publishable(try_cast(exact_unit_price AS DECIMAL(38, 18)))
    END AS unit_price,
    price::DECIMAL(38, 18) AS list_unit_price,
    from_commit_rate,
    tier_level,
    CASE WHEN tier_level IS NOT NULL THEN coalesce(tier_starting_at, 0)::DECIMAL(38, 18) END AS tier_starting_at,
    tier_ending_at::DECIMAL(38, 18) AS tier_ending_at,
    override_tier_level,
    price_override_no,
    override_type,
    multiplier::DECIMAL(38, 18) AS multiplier
FROM parts
WHERE part_starting_at < part_ending_at
