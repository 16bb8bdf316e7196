-- Which scheduled invoices does this run make?
-- One for each contract and instant at which something falls due that is on no usage invoice: charges, discounts and
-- subscriptions share it (spec/rating.md §10.7). It has no period, so its lines have none.
-- Grain: invoice_id.
SELECT invoice_id, contract_id, customer_id, rate_card_id, charged_at AS issued_at
FROM subscription_lines
WHERE period_starting_at IS NULL
UNION
SELECT invoice_id, contract_id, customer_id, rate_card_id, charged_at
FROM scheduled_lines
WHERE period_starting_at IS NULL
