-- Do the days of each draft add up to the draft?
SELECT 'drafts' AS scope, count(*) AS "left", count(*) FILTER (invoiced = by_day) AS "right"
FROM breakdown_sums
