-- Which one override prices a group, why that one, and which decides whether the group is entitled?
-- Overrides do not stack: exactly one prices a line. Overwrites come before the others, the last added first. Multipliers
-- and tiers go by the contract's scheme, the smallest multiplier or the smallest priority. Entitlement is settled apart
-- from price, by the last added override that says anything about it (spec/rating.md §5.2, §17 Q8, Q9).
-- Grain: as priced_groups, without usage_no (only groups with an override).
WITH wanted AS (
    SELECT DISTINCT * EXCLUDE (usage_no, rate_card_id)
    FROM priced_groups
    SEMI JOIN override_reach USING (contract_id, product_id)
),
candidates AS (
    SELECT
        wanted.contract_id,
        wanted.product_id,
        wanted.billing_frequency,
        wanted.pricing_key_no,
        wanted.pricing_values,
        wanted.presentation_values,
        wanted.priced_at,
        contracts.override_scheme,
        overrides.override_no,
        overrides.override_type,
        overrides.entitled,
        row(
            CASE overrides.override_type WHEN 'OVERWRITE' THEN 0 ELSE 1 END,
            CASE WHEN contracts.override_scheme = 'EXPLICIT' AND overrides.override_type <> 'OVERWRITE'
                THEN row(overrides.priority IS NULL, coalesce(overrides.priority, 0)) ELSE row(false, 0)
            END,
            coalesce(overrides.multiplier, 0),
            -overrides.override_no
        ) AS precedence
    FROM wanted
    JOIN override_reach
        ON override_reach.contract_id = wanted.contract_id
        AND override_reach.product_id = wanted.product_id
    JOIN overrides ON overrides.override_no = override_reach.override_no
    JOIN contracts ON contracts.contract_id = wanted.contract_id
    WHERE override_reach.starting_at <= wanted.priced_at
        AND wanted.priced_at < override_reach.ending_before
        AND coalesce(override_reach.billing_frequency = wanted.billing_frequency, true)
        AND coalesce(
            list_has_all(named_values(wanted.pricing_keys, wanted.pricing_values), override_reach.pricing_pairs), true
        )
        AND coalesce(
            list_has_all(
                named_values(wanted.presentation_keys, wanted.presentation_values), override_reach.presentation_pairs
            ),
            true
        )
)
SELECT
    contract_id,
    product_id,
    billing_frequency,
    pricing_key_no,
    pricing_values,
    presentation_values,
    priced_at,
    arg_min(override_no, precedence) FILTER (override_type IS NOT NULL) AS price_override_no,
    CASE
        WHEN min(override_no) FILTER (override_type IS NOT NULL) IS NULL THEN NULL
        WHEN min(override_no) FILTER (override_type IS NOT NULL) = max(override_no) FILTER (override_type IS NOT NULL)
            THEN 'only override'
        WHEN min(override_no) FILTER (override_type = 'OVERWRITE') < max(override_no) FILTER (override_type = 'OVERWRITE')
            THEN 'last added overwrite'
        WHEN bool_or(override_type = 'OVERWRITE') THEN 'overwrite before multiplier'
        WHEN any_value(override_scheme) = 'EXPLICIT' THEN 'smallest priority'
        ELSE 'lowest multiplier'
    END AS override_reason,
    max(override_no) FILTER (entitled IS NOT NULL) AS entitlement_override_no
FROM candidates
GROUP BY contract_id, product_id, billing_frequency, pricing_key_no, pricing_values, presentation_values, priced_at
