-- What does each slot bill, product by product and balance by balance, whatever became of its invoice?
-- Only lines that count in their invoice's total: it is exactly their sum. A line without a product, which turns custom
-- pricing units into the currency, goes by its name.
-- Grain: slot_id, customer_id, currency, product_id, line_name, line_type, pricing_group_values, presentation_group_values,
-- balance_id.
SELECT
    standing.slot_id,
    standing.customer_id,
    standing.currency,
    lines.product_id,
    CASE WHEN lines.product_id IS NULL THEN lines.name END AS line_name,
    lines.type AS line_type,
    lines.pricing_group_values,
    lines.presentation_group_values,
    lines.commit_id AS balance_id,
    max(lines.product_name) AS product_name,
    sum(lines.total)::DECIMAL(38, 26) AS amount
FROM line_items AS lines
JOIN standing_invoices AS standing USING (invoice_id)
WHERE lines.in_total AND lines.credit_type_id = standing.credit_type_id
GROUP BY ALL
