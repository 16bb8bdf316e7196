-- What is corrected of a contract that this run bills is on exactly one of its invoices, with that amount.
WITH billed AS (
    SELECT contract_id, product_id, starting_at, ending_before, credit_type_id, sum(total) AS total
    FROM line_items
    WHERE type = 'correction' AND origin_line_item_id IS NULL
    GROUP BY ALL
),
asked AS (
    SELECT corrections.contract_id, product_id, corrected_from, corrected_until, credit_type_id, amount
    FROM corrections
    JOIN statement_periods
        ON statement_periods.contract_id = corrections.contract_id
        AND coalesce(corrections.corrected_until, corrections.corrected_from) <= statement_periods.period_ending_before
    ANTI JOIN parked ON parked.contract_id = corrections.contract_id
    GROUP BY ALL
)
SELECT
    coalesce(asked.contract_id, billed.contract_id) AS contract_id,
    coalesce(asked.product_id, billed.product_id) AS product_id,
    asked.amount,
    billed.total AS billed
FROM asked
FULL JOIN billed
    ON billed.contract_id = asked.contract_id
    AND billed.product_id = asked.product_id
    AND billed.starting_at = asked.corrected_from
    AND billed.ending_before IS NOT DISTINCT FROM asked.corrected_until
    AND billed.credit_type_id = asked.credit_type_id
WHERE asked.amount::DECIMAL(38, 26) IS DISTINCT FROM billed.total::DECIMAL(38, 26)
