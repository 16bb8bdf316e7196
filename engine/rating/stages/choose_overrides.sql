-- Which one override prices a group, why that one, and which decides whether the group is entitled?
-- Overrides do not stack: exactly one prices a line. Overwrites come before the others, the last added first. Multipliers
-- and tiers go by the contract's scheme, the smallest multiplier or the smallest priority. Entitlement is settled apart
-- from price, by the last added override that says anything about it (spec/rating.md §5.2, §17 Q8, Q9). Those that are
-- for what a balance covers are chosen with the balance.
-- Grain: priced_no (only groups with an override).
WITH candidates AS (
    SELECT
        priced_groups.priced_no,
        contracts.override_scheme,
        overrides.override_no,
        overrides.override_type,
        overrides.entitled,
        override_precedence(
            contracts.override_scheme,
            overrides.override_type,
            overrides.priority,
            overrides.multiplier,
            overrides.override_no
        ) AS precedence
    FROM priced_groups
    JOIN override_reach
        ON override_reach.contract_id = priced_groups.contract_id
        AND override_reach.product_id = priced_groups.product_id
    JOIN overrides ON overrides.override_no = override_reach.override_no
    JOIN contracts ON contracts.contract_id = priced_groups.contract_id
    LEFT JOIN group_values ON group_values.values_no = priced_groups.values_no
    WHERE NOT overrides.is_commit_specific
        AND override_reach.starting_at <= priced_groups.priced_at
        AND priced_groups.priced_at < override_reach.ending_before
        AND coalesce(override_reach.billing_frequency = priced_groups.billing_frequency, true)
        AND coalesce(list_has_all(group_values.pricing_pairs, override_reach.pricing_pairs), true)
        AND coalesce(list_has_all(group_values.presentation_pairs, override_reach.presentation_pairs), true)
)
SELECT
    priced_no,
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
GROUP BY priced_no
