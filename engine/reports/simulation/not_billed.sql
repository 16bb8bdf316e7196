-- Which usage of a month has no price, or is of what the contract is not entitled to?
-- Grain: outcome, contract_id, product_id, product_name.
SELECT
    $month AS month,
    $is_new AS is_new,
    outcome,
    customer_id,
    contract_id,
    product_id,
    product_name,
    sum(quantity) AS quantity
FROM (
    SELECT 'unrated' AS outcome, * FROM run_unrated
    UNION ALL BY NAME
    SELECT 'not_entitled' AS outcome, * FROM run_not_entitled
)
GROUP BY ALL
