-- What do published correction lines bill of each product in each closed statement?
-- Grain: contract_id, product_id, corrected_from, is_usage, credit_type_id.
SELECT
    contract_id,
    product_id,
    min(product_name) AS product_name,
    starting_at AS corrected_from,
    ending_before IS NOT NULL AS is_usage,
    credit_type_id,
    min(currency) AS currency,
    sum(total)::DECIMAL(38, 26) AS amount
FROM correction_line_items
GROUP BY ALL
ORDER BY ALL
