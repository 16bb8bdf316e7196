-- Which amounts are others after one step than before it, and by how much?
-- Grain: slot_id, customer_id, currency, product_id, line_name, line_type, pricing_group_values, presentation_group_values,
-- balance_id.
WITH sides AS (
    SELECT *, true AS is_before FROM before
    UNION ALL BY NAME
    SELECT *, false AS is_before FROM after
)
SELECT
    slot_id,
    customer_id,
    currency,
    product_id,
    line_name,
    line_type,
    pricing_group_values,
    presentation_group_values,
    balance_id,
    coalesce(max(product_name) FILTER (NOT is_before), max(product_name)) AS product_name,
    coalesce(sum(amount) FILTER (is_before), 0)::DECIMAL(38, 26) AS amount_before,
    coalesce(sum(amount) FILTER (NOT is_before), 0)::DECIMAL(38, 26) AS amount_after,
    amount_after - amount_before AS difference
FROM sides
GROUP BY slot_id, customer_id, currency, product_id, line_name, line_type, pricing_group_values,
    presentation_group_values, balance_id
HAVING amount_before <> amount_after
