-- No two lines bill the same contract, product, group and tier at the same time.
SELECT id, contract_id, product_id, starting_at, ending_before
FROM line_items
QUALIFY starting_at < max(ending_before) OVER (
    PARTITION BY contract_id, product_id, pricing_group_values, presentation_group_values, tier_level
    ORDER BY starting_at, ending_before, id
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
)
