-- Which usage invoices belong to a hierarchy that puts its statements together, while one of its contracts is parked?
-- A consolidated invoice without the parked one's part would have to be voided once that is billed.
-- Grain: invoice_id.
WITH hierarchies AS (
    SELECT contract_id, parent_contract_id AS hierarchy
    FROM consolidating_contracts
    UNION
    SELECT parent_contract_id, parent_contract_id
    FROM consolidating_contracts
)
SELECT
    invoices.id AS invoice_id,
    'family_parked' AS reason,
    'contract ' || min(parked.contract_id) || ', whose statements are put together with this one''s, is parked' AS detail
FROM invoices
JOIN hierarchies AS own ON own.contract_id = invoices.contract_id
JOIN hierarchies AS relatives ON relatives.hierarchy = own.hierarchy
JOIN parked ON parked.contract_id = relatives.contract_id
WHERE invoices.type IN ('USAGE', 'USAGE_CONSOLIDATED')
GROUP BY invoices.id
