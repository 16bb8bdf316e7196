-- Which invoices bill what was not used of a postpaid commit, by the date they take effect?
-- Grain: line_item_id.
SELECT
    id AS line_item_id,
    billing_period AS month,
    issued_at,
    invoice_id,
    status,
    customer_id,
    customer_name,
    contract_id,
    commit_id,
    name,
    product_id,
    product_name,
    amount,
    whole_currency AS currency
FROM billed_lines
WHERE category = 'true_up'
ORDER BY issued_at, billing_period, row_no
