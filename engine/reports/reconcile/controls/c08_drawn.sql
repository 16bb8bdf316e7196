-- Is what balances gave what the lines of invoices took, in each currency and in units?
SELECT currency AS scope, exact_sum(drawn) AS "left", exact_sum(applied) AS "right"
FROM segment_draws
GROUP BY currency
