-- How much each cause comes to. What consolidated invoices repeat is left out. Grain: cause, hint, currency.
SELECT
    cause,
    hint,
    currency,
    count(*) AS differences,
    count(DISTINCT customer_id) AS customers,
    sum(difference)::DECIMAL(38, 26) AS difference,
    sum(invoice_difference)::DECIMAL(38, 26) AS invoice_difference
FROM differences
WHERE invoice_type IS DISTINCT FROM 'USAGE_CONSOLIDATED'
GROUP BY cause, hint, currency
ORDER BY sum(abs(difference)) DESC, cause, hint, currency
