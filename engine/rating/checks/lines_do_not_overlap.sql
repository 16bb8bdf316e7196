-- No two lines bill the same contract, product, group and tier at the same time.
-- Parts of a subscription run side by side, each for what the quantity grew by; a composite's minimum covers its period.
SELECT id, contract_id, product_id, starting_at, ending_before
FROM line_items
WHERE type = 'usage'
    AND origin_line_item_id IS NULL
    AND commit_segment_id IS NULL
QUALIFY starting_at < max(ending_before) OVER (
    PARTITION BY
        contract_id, product_id, name, pricing_group_values, presentation_group_values, tier_level, override_tier_level
    ORDER BY starting_at, ending_before, id
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
)
