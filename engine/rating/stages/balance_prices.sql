-- Which groups have another price while a balance covers them, and which?
-- A balance that asks for commit rates gets that of the rate in force, if it has one, under the override that is meant
-- for commit rates; the contract's other overrides leave it alone. Every other balance pays the list price under the
-- override that is meant for it. One override applies, by the contract's precedence. Without either the price is the
-- line's own and there is no row here (spec/rating.md §5.2, §5.3).
-- Grain: usage_no, segment_no.
WITH special AS (
    SELECT
        group_coverage.usage_no,
        group_coverage.segment_no,
        priced_groups.contract_id,
        priced_groups.product_id,
        priced_groups.values_no,
        priced_groups.priced_at,
        [balances.balance_id, balances.recurring_id] AS balance_ids,
        balances.rate_type = 'COMMIT_RATE' AND commit_rates.rate_no IS NOT NULL AS from_commit_rate
    FROM group_coverage
    JOIN balance_segments USING (segment_no)
    JOIN balances USING (balance_no)
    JOIN priced_groups USING (usage_no)
    JOIN prices_in_force USING (usage_no)
    LEFT JOIN (SELECT DISTINCT rate_no FROM commit_tiers) AS commit_rates
        ON commit_rates.rate_no = prices_in_force.rate_no
    WHERE prices_in_force.outcome = 'billed'
        AND (
            balances.rate_type = 'COMMIT_RATE'
            OR priced_groups.contract_id IN (
                SELECT override_targets.contract_id
                FROM override_targets
                JOIN overrides USING (override_no)
                WHERE overrides.is_commit_specific
            )
        )
),
candidates AS (
    SELECT
        special.usage_no,
        special.segment_no,
        overrides.override_no,
        override_precedence(
            contracts.override_scheme,
            overrides.override_type,
            overrides.priority,
            overrides.multiplier,
            overrides.override_no
        ) AS precedence
    FROM special
    JOIN override_reach
        ON override_reach.contract_id = special.contract_id
        AND override_reach.product_id = special.product_id
    JOIN overrides ON overrides.override_no = override_reach.override_no
    JOIN contracts ON contracts.contract_id = special.contract_id
    LEFT JOIN group_values ON group_values.values_no = special.values_no
    WHERE overrides.is_commit_specific
        AND overrides.override_type IS NOT NULL
        AND overrides.target = CASE WHEN special.from_commit_rate THEN 'COMMIT_RATE' ELSE 'LIST_RATE' END
        AND override_reach.starting_at <= special.priced_at
        AND special.priced_at < override_reach.ending_before
        AND coalesce(list_has_any(special.balance_ids, override_reach.balance_ids), true)
        AND coalesce(list_has_all(group_values.pricing_pairs, override_reach.pricing_pairs), true)
        AND coalesce(list_has_all(group_values.presentation_pairs, override_reach.presentation_pairs), true)
),
chosen AS (
    SELECT usage_no, segment_no, arg_min(override_no, precedence) AS override_no
    FROM candidates
    GROUP BY usage_no, segment_no
)
SELECT
    special.usage_no,
    special.segment_no,
    special.from_commit_rate,
    chosen.override_no AS price_override_no
FROM special
LEFT JOIN chosen USING (usage_no, segment_no)
WHERE special.from_commit_rate OR chosen.override_no IS NOT NULL
