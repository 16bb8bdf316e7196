-- How many of the contracts that were to be billed are not parked?
WITH contracts AS (
    SELECT contract_id FROM invoices WHERE type = 'USAGE'
    UNION
    SELECT contract_id FROM parked
)
SELECT
    'contracts' AS scope,
    count(*) AS "left",
    count(*) FILTER (contract_id NOT IN (SELECT contract_id FROM parked)) AS "right"
FROM contracts
