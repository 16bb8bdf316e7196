-- Is all that was metered of each group on lines, unrated or not entitled, and nothing else?
SELECT 'groups' AS scope, count(*) AS "left", count(*) FILTER (metered = rated + unrated + not_entitled) AS "right"
FROM usage_outcomes
