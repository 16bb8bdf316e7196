-- Which statement periods were billed more than once, overlap the one before, or leave a gap after it?
-- Grain: contract_id, starting_at, ending_before.
SELECT *
FROM statement_sequence
WHERE standing > 1 OR is_overlapping OR after_gap
ORDER BY customer_name, contract_id, starting_at, ending_before
