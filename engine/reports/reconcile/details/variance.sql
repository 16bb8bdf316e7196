-- Who is billed otherwise than in the billing period before, and by how much? Percent are cut to whole ones.
-- Grain: currency, customer_id.
SELECT
    currency,
    customer_id,
    customer_name,
    previous,
    total,
    change,
    CASE WHEN previous <> 0 THEN trunc(change * 100)::HUGEINT // trunc(abs(previous))::HUGEINT END AS change_percent,
    CASE
        WHEN total <> 0 AND previous = 0 THEN 'new'
        WHEN total = 0 AND previous <> 0 THEN 'lost'
        WHEN has_usage_invoice AND NOT has_usage THEN 'without usage'
        WHEN is_steady THEN 'steady'
        ELSE 'moved'
    END AS finding
FROM customer_totals
ORDER BY abs(change) DESC, currency, customer_name, customer_id
