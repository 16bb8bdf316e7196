-- Is every payable amount the exact total, rounded to the nearest smallest denomination, and its residual the difference?
SELECT 'invoices' AS scope, count(*) AS "left", count(*) FILTER (is_nearest AND residual_agrees) AS "right"
FROM rounded_invoices
