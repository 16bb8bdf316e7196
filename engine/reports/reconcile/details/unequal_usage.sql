-- What was metered of which groups otherwise than counting their events in another way gives?
-- Grain: contract_id, product_id, billable_metric_id, pricing_group_values, presentation_group_values, period_starting_at.
SELECT *
FROM recomputed
WHERE metered_value IS DISTINCT FROM recomputed_value OR metered_quantity IS DISTINCT FROM recomputed_quantity
ORDER BY ALL
