-- Is all that invoices spend in custom pricing units converted, unit by unit, by a conversion line of exactly as much?
SELECT
    'custom pricing units on invoices' AS scope,
    count(*) AS "left",
    count(*) FILTER (is_converted) AS "right"
FROM spent_units
