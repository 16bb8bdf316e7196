-- How much of what each metric metered has a price, or needs none because the contract is not entitled to it?
SELECT
    'metric ' || metric_name AS scope,
    exact_sum(metered) AS "left",
    exact_sum(rated + not_entitled) AS "right"
FROM usage_outcomes
GROUP BY metric_name
