-- Do the lines come to what the invoices come to, in each currency?
-- Void invoices are not owed, and consolidated ones only repeat others.
SELECT currency AS scope, exact_sum(summed) AS "left", exact_sum(invoiced) AS "right"
FROM invoice_sums
WHERE status <> 'VOID' AND type <> 'USAGE_CONSOLIDATED'
GROUP BY currency
