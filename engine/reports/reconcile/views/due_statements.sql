-- Each statement period that the catalog ends in the billing period, and whether it was billed or its contract is parked.
-- Grain: contract_id, starting_at.
SELECT
    statements_due.contract_id,
    statements_due.customer_id,
    statements_due.starting_at,
    statements_due.ending_before,
    billed.contract_id IS NOT NULL AS is_billed,
    statements_due.contract_id IN (SELECT contract_id FROM parked) AS is_parked
FROM statements_due
LEFT JOIN (
    SELECT DISTINCT contract_id, starting_at, ending_before FROM invoices WHERE type = 'USAGE'
) AS billed
    ON billed.contract_id = statements_due.contract_id
    AND billed.starting_at = statements_due.starting_at
    AND billed.ending_before = statements_due.ending_before
