-- How many invoices of each type are drafts, final or void, and what do they come to?
-- Grain: currency, type, status.
SELECT currency, type, status, count(*) AS invoices, exact_sum(total) AS total
FROM invoices
GROUP BY currency, type, status
ORDER BY currency, type, status
