-- Is every amount the one in the other system's file, and is none on one side only?
SELECT 'items' AS scope, count(*) AS "left", count(*) FILTER (outcome = 'equal') AS "right"
FROM external_amounts
UNION ALL
SELECT 'total ' || currency, exact_sum(ours), exact_sum(theirs)
FROM external_amounts
GROUP BY currency
