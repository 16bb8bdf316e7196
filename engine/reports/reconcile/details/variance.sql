-- Who is billed otherwise than in the billing period before, and by how much?
-- Percent are of whole units, cut to whole ones.
-- Grain: currency, customer_id.
SELECT
    currency,
    customer_id,
    customer_name,
    previous,
    total,
    change,
    CASE WHEN abs(previous) >= 1
        THEN trunc(change)::HUGEINT * 100 // trunc(abs(previous))::HUGEINT
    END AS change_percent,
    CASE
        WHEN total <> 0 AND previous = 0 THEN 'new'
        WHEN total = 0 AND previous <> 0 THEN 'lost'
        WHEN has_usage_invoice AND NOT has_usage THEN 'without usage'
        WHEN NOT is_steady THEN 'moved'
    END AS finding
FROM customer_totals
WHERE finding IS NOT NULL
ORDER BY abs(change) DESC, currency, customer_name, customer_id
