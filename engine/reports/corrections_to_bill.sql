-- What is still to be corrected of each product in each closed statement?
-- The whole difference, less what correction lines bill of it, where usage is the reason and it can be billed at all.
-- Grain: contract_id, product_id, corrected_from, corrected_until, credit_type_id.
SELECT
    contract_id,
    product_id,
    min(product_name) AS product_name,
    coalesce(period_starting_at, issued_at) AS corrected_from,
    period_ending_before AS corrected_until,
    credit_type_id,
    (sum(late_amount) - min(corrected_amount))::DECIMAL(38, 26) AS amount
FROM late_usage
WHERE outcome = 'billed' AND reason IS NULL
GROUP BY ALL
HAVING amount <> 0
ORDER BY ALL
