-- Of which groups is what was metered not what is on lines, unrated or not entitled?
-- Grain: contract_id, product_id, metric_name, pricing_group_values, presentation_group_values, period_starting_at.
SELECT *, metered - rated - unrated - not_entitled AS unexplained
FROM usage_outcomes
WHERE metered <> rated + unrated + not_entitled
ORDER BY ALL
