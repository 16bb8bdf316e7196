-- Which segments of which balances can cover what of which contracts, and when?
-- A target of a balance names a product, or any of some tags, or all of some tags, or nothing at all: then product_id is
-- NULL here and every product is meant, and a conversion into money, which has none. Tags are those of the product at the
-- time, so a segment reaches a product from one instant to another (spec/rating.md §6, §17 Q14, Q30). What a target asks
-- of group values is kept for later, when there are groups; only usage has groups. A seat's own balance asks for its seat.
-- Grain: segment_no, contract_id, target_no, product_id, tagging_no.
WITH targets AS (
    SELECT
        balance_segments.segment_no,
        balances.credit_type_id,
        balance_contracts.contract_id,
        contracts.rate_card_id,
        balance_targets.target_no,
        balance_targets.product_id,
        balance_targets.any_tags,
        balance_targets.all_tags,
        balance_targets.pricing_pairs,
        balance_targets.presentation_pairs,
        balance_segments.seat_group_key || chr(31) || balance_segments.seat_id AS seat_pair,
        balance_segments.starting_at,
        balance_segments.ending_before
    FROM balance_segments
    JOIN balances USING (balance_no)
    JOIN balance_targets USING (balance_no)
    JOIN balance_contracts USING (balance_no)
    JOIN contracts ON contracts.contract_id = balance_contracts.contract_id
    WHERE balance_segments.starting_at < contracts.ending_before
        AND contracts.starting_at < balance_segments.ending_before
),
products_named AS (
    SELECT targets.*
    FROM targets
    JOIN rate_card_products USING (rate_card_id, product_id)
    UNION ALL BY NAME
    SELECT targets.* EXCLUDE (product_id), rate_card_products.product_id
    FROM targets
    JOIN rate_card_products USING (rate_card_id)
    WHERE targets.product_id IS NULL
        AND (targets.any_tags IS NOT NULL OR targets.all_tags IS NOT NULL)
),
tagged AS (
    SELECT
        products_named.* REPLACE (
            greatest(products_named.starting_at, product_taggings.starting_at) AS starting_at,
            least(products_named.ending_before, product_taggings.ending_before) AS ending_before
        ),
        product_taggings.tagging_no
    FROM products_named
    JOIN product_taggings
        ON product_taggings.product_id = products_named.product_id
        AND product_taggings.starting_at < products_named.ending_before
        AND products_named.starting_at < product_taggings.ending_before
    WHERE coalesce(list_has_any(product_taggings.tags, products_named.any_tags), true)
        AND coalesce(list_has_all(product_taggings.tags, products_named.all_tags), true)
)
SELECT * EXCLUDE (rate_card_id, any_tags, all_tags)
FROM tagged
UNION ALL BY NAME
SELECT * EXCLUDE (rate_card_id, any_tags, all_tags), NULL::INTEGER AS tagging_no
FROM targets
WHERE product_id IS NULL AND any_tags IS NULL AND all_tags IS NULL
