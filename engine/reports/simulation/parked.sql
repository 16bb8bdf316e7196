-- Which contracts could one catalog, or both, not bill in a month, and what does the other one bill for them?
-- `other_amount` is NULL where the other one could not bill the contract either, or bills nothing of it; a contract
-- that is in two currencies has a row for each.
-- Grain: month, catalog, contract_id, currency.
WITH totals AS (
    SELECT month, is_new, contract_id, currency, sum(amount::AMOUNT) AS amount
    FROM billed
    GROUP BY ALL
)
SELECT
    set_aside.month,
    CASE WHEN set_aside.is_new THEN 'new' ELSE 'present' END AS catalog,
    set_aside.customer_id,
    customers.customer_name,
    set_aside.contract_id,
    set_aside.reason,
    totals.currency,
    totals.amount AS other_amount
FROM set_aside
JOIN customers USING (customer_id)
LEFT JOIN totals
    ON totals.month = set_aside.month
    AND totals.contract_id = set_aside.contract_id
    AND totals.is_new <> set_aside.is_new
ORDER BY month, catalog DESC, customer_name, customer_id, contract_id, currency
