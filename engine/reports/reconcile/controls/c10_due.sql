-- Has every statement period that the catalog ends in the billing period been billed, unless its contract is parked?
SELECT
    'statement periods due' AS scope,
    count(*) AS "left",
    count(*) FILTER (is_billed OR is_parked) AS "right"
FROM due_statements
