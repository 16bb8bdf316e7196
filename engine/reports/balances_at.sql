-- What is there to draw on at one instant, and how much of it?
-- The segments of balances that are in force then: what the catalog grants, with the corrections by hand made until then,
-- less what published invoices had drawn. What rolls over is there once a run has found out how much.
-- Grain: segment_id.
WITH corrected AS (
    SELECT manual_entries.segment_no, sum(manual_entries.amount) AS amount
    FROM manual_entries
    JOIN balances_question ON manual_entries.entry_at <= balances_question.at_instant
    GROUP BY manual_entries.segment_no
)
SELECT
    balances.customer_id,
    customers.customer_name,
    balances.contract_id,
    balances.balance_id,
    balances.balance_name,
    balances.kind,
    balance_segments.segment_id,
    balances.access_type,
    credit_types.credit_type_name AS currency,
    balance_segments.starting_at,
    balance_segments.ending_before,
    balance_segments.amount AS granted,
    coalesce(corrected.amount, 0)::DECIMAL(38, 26) AS manual,
    balance_segments.earlier_drawn AS drawn,
    balance_segments.amount + coalesce(corrected.amount, 0)::DECIMAL(38, 26) - balance_segments.earlier_drawn AS balance,
    balances_question.as_of_period
FROM balance_segments
CROSS JOIN balances_question
JOIN balances USING (balance_no)
JOIN customers ON customers.customer_id = balances.customer_id
LEFT JOIN credit_types ON credit_types.credit_type_id = balances.credit_type_id
LEFT JOIN corrected ON corrected.segment_no = balance_segments.segment_no
WHERE balance_segments.amount IS NOT NULL
    AND balance_segments.starting_at <= balances_question.at_instant
    AND balances_question.at_instant < balance_segments.ending_before
    AND coalesce(balances.customer_id = balances_question.customer_id, true)
ORDER BY customers.customer_name, balances.customer_id, balances.balance_no, balance_segments.segment_no
