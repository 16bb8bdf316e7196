-- Which products of which contract can each override touch?
-- A target names a product, or any of some tags, or all of some tags, or nothing at all (every product). What a
-- target asks of group values is kept for later, when there are groups (spec/rating.md §5.1).
-- Grain: override_no, target_no, product_id.
SELECT
    override_targets.override_no,
    override_targets.target_no,
    override_targets.contract_id,
    usage_products.product_id,
    override_targets.pricing_pairs,
    override_targets.presentation_pairs
FROM override_targets
JOIN contracts USING (contract_id)
JOIN rate_card_products USING (rate_card_id)
JOIN usage_products ON usage_products.product_id = rate_card_products.product_id
WHERE coalesce(override_targets.product_id = usage_products.product_id, true)
    AND coalesce(list_has_any(usage_products.tags, override_targets.any_tags), true)
    AND coalesce(list_has_all(usage_products.tags, override_targets.all_tags), true)
