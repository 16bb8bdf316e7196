-- Which balances do thresholds add to those that the run began with?
-- Grain: balance_no; rows for balances.
SELECT
    balance_no,
    balance_id,
    'PREPAID' AS kind,
    commit_name AS balance_name,
    product_id,
    customer_id,
    contract_id,
    contract_id AS invoice_contract_id,
    'SPEND' AS access_type,
    credit_type_id,
    rate_type,
    rollover_fraction,
    3::INTEGER AS order_class,
    priority,
    true AS is_paid,
    1::INTEGER AS contract_count
FROM threshold_releases
