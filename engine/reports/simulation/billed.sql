-- What does each contract owe for each product in a month? Lines without a product go by their own name.
-- Only what counts in an invoice's total is owed; consolidated invoices repeat others.
-- Grain: contract_id, product_id, product_name, currency.
SELECT
    $month AS month,
    $is_new AS is_new,
    run_lines.customer_id,
    run_lines.contract_id,
    run_lines.product_id,
    coalesce(run_lines.product_name, run_lines.name) AS product_name,
    run_invoices.currency,
    sum(run_lines.total) AS amount
FROM run_lines
JOIN run_invoices ON run_invoices.id = run_lines.invoice_id
WHERE run_invoices.status <> 'VOID'
    AND run_invoices.type <> 'USAGE_CONSOLIDATED'
    AND run_lines.in_total
    AND run_lines.credit_type_id = run_invoices.credit_type_id
GROUP BY ALL
