-- Which products of which contract can each override touch, and when?
-- A target names a product, or any of some tags, or all of some tags, or nothing at all (every product). Tags are those
-- of the product at the time, so an override reaches a product from one instant to another (spec/rating.md §5.1,
-- §17 Q30). What a target asks of group values is kept for later, when there are groups; only usage has groups. An
-- override reaches the types of product that it can price: no flat price stands for a percentage of spend.
-- Grain: override_no, target_no, product_id, tagging_no.
WITH targets AS (
    SELECT override_targets.*, overrides.prices, overrides.starting_at, overrides.ending_before,
        contracts.rate_card_id
    FROM override_targets
    JOIN overrides USING (override_no)
    JOIN contracts USING (contract_id)
),
candidates AS (
    SELECT targets.* EXCLUDE (product_id), targets.product_id
    FROM targets
    JOIN rate_card_products USING (rate_card_id, product_id)
    UNION ALL BY NAME
    SELECT targets.* EXCLUDE (product_id), rate_card_products.product_id
    FROM targets
    JOIN rate_card_products USING (rate_card_id)
    WHERE targets.product_id IS NULL
)
SELECT
    candidates.override_no,
    candidates.target_no,
    candidates.contract_id,
    candidates.product_id,
    product_taggings.tagging_no,
    candidates.pricing_pairs,
    candidates.presentation_pairs,
    candidates.billing_frequency,
    candidates.balance_ids,
    greatest(candidates.starting_at, product_taggings.starting_at) AS starting_at,
    least(candidates.ending_before, product_taggings.ending_before) AS ending_before
FROM candidates
JOIN product_taggings
    ON product_taggings.product_id = candidates.product_id
    AND product_taggings.starting_at < candidates.ending_before
    AND candidates.starting_at < product_taggings.ending_before
WHERE coalesce(list_has_any(product_taggings.tags, candidates.any_tags), true)
    AND coalesce(list_has_all(product_taggings.tags, candidates.all_tags), true)
    AND list_contains(candidates.prices, product_taggings.product_type)
    AND (
        product_taggings.product_type = 'USAGE'
        OR (candidates.pricing_pairs IS NULL AND candidates.presentation_pairs IS NULL)
    )
    AND (candidates.billing_frequency IS NULL OR product_taggings.product_type = 'SUBSCRIPTION')
