-- What expired of commits and credits, by month: never on an invoice. Amounts are in whole units of the currency, in the
-- custom pricing unit, or without either in units of quantity.
-- Grain: id.
SELECT
    ledger.id,
    ledger.billing_period AS month,
    ledger."timestamp" AS expired_at,
    ledger.customer_id,
    customers.customer_name,
    ledger.contract_id,
    ledger.balance_id,
    balances.balance_name,
    balances.kind,
    ledger.segment_id,
    balances.access_type,
    -in_whole_units(ledger.amount, coalesce(whole_names.is_cents, false)) AS amount,
    coalesce(whole_names.name, ledger.currency) AS currency
FROM published_ledger AS ledger
JOIN published_segment_balances AS balances
    ON balances.billing_period = ledger.billing_period AND balances.segment_id = ledger.segment_id
LEFT JOIN whole_names ON whole_names.currency = ledger.currency
LEFT JOIN customers ON customers.customer_id = ledger.customer_id
WHERE ends_with(ledger.type, '_EXPIRATION')
ORDER BY ledger.billing_period, ledger.row_no
