-- Does each segment open with what it closed with in the billing period before?
SELECT
    'openings' AS scope,
    count(*) AS "left",
    count(*) FILTER (closed_with = opened_with) AS "right"
FROM segment_openings
