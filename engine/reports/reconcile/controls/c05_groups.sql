-- Is what was metered of each group what counting its events in another way gives?
SELECT
    'groups' AS scope,
    count(*) AS "left",
    count(*) FILTER (
        metered_value IS NOT DISTINCT FROM recomputed_value AND metered_quantity IS NOT DISTINCT FROM recomputed_quantity
    ) AS "right"
FROM recomputed
