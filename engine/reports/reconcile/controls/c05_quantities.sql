-- Does each metric come to the same quantity when its events are counted in another way?
SELECT
    'metric ' || metric_name AS scope,
    exact_sum(metered_quantity) AS "left",
    exact_sum(recomputed_quantity) AS "right"
FROM recomputed
GROUP BY metric_name
