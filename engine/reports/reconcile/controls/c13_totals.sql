-- How far are the invoices of each currency from those of the billing period before?
SELECT currency AS scope, exact_sum(total) AS "left", exact_sum(previous) AS "right"
FROM customer_totals
GROUP BY currency
