-- Which contracts could not be billed in a month, and why?
-- Grain: contract_id.
SELECT
    $month AS month,
    $is_new AS is_new,
    customer_id,
    contract_id,
    string_agg(DISTINCT concat_ws(': ', reason, detail), '; ' ORDER BY concat_ws(': ', reason, detail)) AS reason
FROM run_parked
GROUP BY customer_id, contract_id
