-- Which statement periods that the catalog ends in the billing period were neither billed nor parked?
-- Grain: contract_id, starting_at.
SELECT * EXCLUDE (is_billed, is_parked)
FROM due_statements
WHERE NOT (is_billed OR is_parked)
ORDER BY ALL
