-- Of how many groups that were metered could the usage be counted in another way?
SELECT
    'groups recomputed' AS scope,
    (SELECT count(*) FROM recomputed) + (SELECT coalesce(sum(groups), 0) FROM not_recomputed) AS "left",
    (SELECT count(*) FROM recomputed) AS "right"
