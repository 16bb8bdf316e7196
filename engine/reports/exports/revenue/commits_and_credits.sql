-- What each segment of a commit or credit held at the beginning of a month, what happened to it, and what is left; in
-- whole units of the currency, in the custom pricing unit, or without either in units of quantity.
-- Grain: month, segment_id.
SELECT
    balances.billing_period AS month,
    balances.customer_id,
    customers.customer_name,
    balances.contract_id,
    balances.balance_id,
    balances.balance_name,
    balances.kind,
    balances.access_type,
    balances.segment_id,
    balances.starting_at,
    balances.ending_before,
    coalesce(whole_names.name, balances.currency) AS currency,
    in_whole_units(balances.opening, coalesce(whole_names.is_cents, false)) AS opening,
    in_whole_units(balances.granted, coalesce(whole_names.is_cents, false)) AS granted,
    in_whole_units(balances.manual, coalesce(whole_names.is_cents, false)) AS manual,
    in_whole_units(balances.drawn, coalesce(whole_names.is_cents, false)) AS drawn,
    in_whole_units(balances.rolled_over, coalesce(whole_names.is_cents, false)) AS rolled_over,
    in_whole_units(balances.expired, coalesce(whole_names.is_cents, false)) AS expired,
    in_whole_units(balances.trued_up, coalesce(whole_names.is_cents, false)) AS trued_up,
    in_whole_units(balances.closing, coalesce(whole_names.is_cents, false)) AS closing
FROM published_segment_balances AS balances
LEFT JOIN whole_names ON whole_names.currency = balances.currency
LEFT JOIN customers ON customers.customer_id = balances.customer_id
ORDER BY balances.billing_period, balances.starting_at, balances.row_no
