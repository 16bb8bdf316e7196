-- How many of the groups that were metered used nothing that their contract is not entitled to?
SELECT 'entitled groups' AS scope, count(*) AS "left", count(*) FILTER (not_entitled = 0) AS "right"
FROM usage_outcomes
