-- The published ledger entries of some billing periods, with the names that people know customers and balances by.
-- Segments come in the order in which they first appear, each with its entries in the order of its ledger.
-- Grain: id.
WITH named AS (
    SELECT balance_id, arg_max(balance_name, billing_period) AS balance_name
    FROM published_balances
    GROUP BY balance_id
)
SELECT
    customers.customer_name,
    named.balance_name,
    published_ledger.* EXCLUDE (entry_no)
FROM published_ledger
LEFT JOIN customers ON customers.customer_id = published_ledger.customer_id
LEFT JOIN named ON named.balance_id = published_ledger.balance_id
ORDER BY
    min(published_ledger.entry_no) OVER (PARTITION BY published_ledger.segment_id),
    published_ledger.entry_no
