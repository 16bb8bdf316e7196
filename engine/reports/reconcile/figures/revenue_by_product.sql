-- What did each product bring in, in each currency? Lines without a product go by their own name.
-- Void invoices are not owed, and consolidated ones only repeat others.
-- Grain: currency, product_id, product_name.
SELECT
    line_items.currency,
    coalesce(line_items.product_id, '') AS product_id,
    coalesce(line_items.product_name, line_items.name) AS product_name,
    exact_sum(line_items.total) AS amount
FROM line_items
JOIN invoices ON invoices.id = line_items.invoice_id
WHERE invoices.status <> 'VOID'
    AND invoices.type <> 'USAGE_CONSOLIDATED'
    AND line_items.in_total
    AND line_items.credit_type_id = invoices.credit_type_id
GROUP BY ALL
ORDER BY ALL
