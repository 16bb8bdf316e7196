-- Of which statement periods was the invoice voided and not billed anew?
-- Grain: contract_id, starting_at, ending_before.
SELECT contract_id, customer_name, starting_at, ending_before
FROM statement_sequence
WHERE standing = 0
ORDER BY customer_name, contract_id, starting_at, ending_before
