-- Is every consolidated invoice in the currency of the invoices that it puts together, and comes to what they come to?
SELECT 'consolidated invoices' AS scope, count(*) AS "left", count(*) FILTER (is_sum) AS "right"
FROM consolidated_sums
