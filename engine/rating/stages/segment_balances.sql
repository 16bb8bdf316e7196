-- What did each balance open with, what moved it, and what did it close with?
-- One row for each segment that this run gives an account of: opening + granted + manual - drawn - rolled_over - expired -
-- trued_up = closing, in the balance's currency, or in units for one that counts them (spec/rating.md §6.4). What never ends
-- has no end.
-- Grain: segment_id.
SELECT
    balances.customer_id,
    balances.contract_id,
    balances.balance_id,
    balances.balance_name,
    balances.kind,
    balance_segments.segment_id,
    balances.access_type,
    balances.credit_type_id,
    credit_types.credit_type_name AS currency,
    balance_segments.starting_at,
    nullif(balance_segments.ending_before, TIMESTAMP '9999-12-31 23:59:59.999999') AS ending_before,
    segment_ends.opening,
    segment_ends.granted,
    segment_ends.manual,
    segment_ends.drawn,
    segment_ends.rolled AS rolled_over,
    segment_ends.expired,
    segment_ends.trued_up,
    segment_ends.left - segment_ends.rolled - segment_ends.expired - segment_ends.trued_up AS closing
FROM segment_ends
JOIN balance_segments USING (segment_no)
JOIN balances USING (balance_no)
JOIN customers ON customers.customer_id = balances.customer_id
LEFT JOIN credit_types ON credit_types.credit_type_id = balances.credit_type_id
WHERE segment_ends.is_open
ORDER BY customers.customer_name, balances.customer_id, balances.balance_no, balance_segments.segment_no
