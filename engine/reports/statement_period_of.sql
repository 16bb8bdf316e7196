-- Which statement period of each contract holds an instant?
-- Grain: contract_id.
SELECT contract_id, period_starting_at, period_ending_before
FROM statement_periods
WHERE period_starting_at <= $moment AND $moment < period_ending_before
