-- Has every statement period at most one usage invoice that stands, and follows it where the one before ended?
SELECT
    'statement periods' AS scope,
    count(*) AS "left",
    count(*) FILTER (standing <= 1 AND NOT is_overlapping AND (NOT after_gap OR was_parked)) AS "right"
FROM statement_sequence
