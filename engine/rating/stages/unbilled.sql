-- Which usage is on no invoice, and why?
-- Grain: as settle.
SELECT
    settle.outcome,
    settle.customer_id,
    settle.contract_id,
    settle.product_id,
    usage_products.product_name,
    meters.metric_name,
    json_of(settle.pricing_keys, settle.pricing_values) AS pricing_group_values,
    json_of(settle.presentation_keys, settle.presentation_values) AS presentation_group_values,
    settle.starting_at,
    settle.ending_before,
    (settle.quantity_after - settle.quantity_before)::DECIMAL(38, 18) AS quantity
FROM settle
JOIN usage_products USING (product_id)
JOIN meters USING (meter_id)
ANTI JOIN parked ON parked.contract_id = settle.contract_id
WHERE settle.outcome <> 'billed'
    AND settle.quantity_after <> settle.quantity_before
