-- Monthly revenue by product and category, in whole units of the currency: what finalized invoices let be recognized,
-- what drafts accrue, and what the purchase of prepaid commits defers.
-- `invoiced` is the part that is on invoices; that of a month adds up to what is payable of its invoices.
-- Grain: month, service_month, product_id, product_name, category, currency.
SELECT
    month,
    service_month,
    product_id,
    product_name,
    category,
    currency,
    coalesce(sum(amount) FILTER (status = 'FINALIZED' AND category <> 'commit_purchase'), 0)::DECIMAL(38, 26)
        AS recognized,
    coalesce(sum(amount) FILTER (status = 'DRAFT' AND category <> 'commit_purchase'), 0)::DECIMAL(38, 26) AS accrued,
    coalesce(sum(amount) FILTER (category = 'commit_purchase'), 0)::DECIMAL(38, 26) AS deferred,
    sum(invoiced)::DECIMAL(38, 26) AS invoiced
FROM revenue_lines
GROUP BY ALL
ORDER BY month, service_month, category, product_name, product_id, currency
