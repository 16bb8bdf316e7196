-- Which group values does usage have?
-- Values are texts in lists, slow to group and to join by, and the same few come again for every contract. Each
-- combination gets a number here, once, and the stages up to charges carry the number. `values_position` is its place
-- among all of them in the order of texts, by which lines are sorted.
-- Grain: values_no (one per product_id, stretch_no, key_values).
WITH seen AS (
    SELECT DISTINCT product_id, stretch_no, key_values
    FROM usage
),
named AS (
    SELECT
        seen.*,
        product_stretches.pricing_key_no,
        product_stretches.pricing_keys,
        product_stretches.presentation_keys,
        list_select(key_values, product_stretches.pricing_positions) AS pricing_values,
        list_select(key_values, product_stretches.presentation_positions) AS presentation_values
    FROM seen
    JOIN product_stretches USING (product_id, stretch_no)
)
SELECT
    row_number() OVER () AS values_no,
    *,
    named_values(pricing_keys, pricing_values) AS pricing_pairs,
    named_values(presentation_keys, presentation_values) AS presentation_pairs,
    json_of(pricing_keys, pricing_values) AS pricing_group_values,
    json_of(presentation_keys, presentation_values) AS presentation_group_values,
    dense_rank() OVER (ORDER BY pricing_group_values, presentation_group_values) AS values_position
FROM named
