-- Where is usage without a price, or that a contract is not entitled to, more or less than by the present catalog?
-- Such usage is on no invoice, so that a missing price looks like a lower one in the amounts. `before` and `after` are
-- quantities. Grain: month, outcome, contract_id, product_id.
WITH sides AS (
    SELECT
        month,
        outcome,
        customer_id,
        contract_id,
        product_id,
        arg_max(product_name, row(is_new, product_name)) AS product_name,
        coalesce(sum(quantity) FILTER (NOT is_new), 0)::DECIMAL(38, 18) AS before,
        coalesce(sum(quantity) FILTER (is_new), 0)::DECIMAL(38, 18) AS after
    FROM not_billed
    ANTI JOIN set_aside USING (month, contract_id)
    GROUP BY month, outcome, customer_id, contract_id, product_id
)
SELECT
    sides.month,
    sides.outcome,
    sides.customer_id,
    customers.customer_name,
    sides.contract_id,
    sides.product_id,
    sides.product_name,
    sides.before,
    sides.after
FROM sides
JOIN customers USING (customer_id)
WHERE sides.before <> sides.after
ORDER BY month, outcome, customer_name, customer_id, contract_id, product_name, product_id
