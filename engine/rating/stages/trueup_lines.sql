-- What is owed of postpaid commits that were not used up?
-- What is left of the commit once nothing can draw on it any more, charged at the instant of its invoice schedule: on the
-- usage invoice that ends there, for a contract that has its charges on those, else on an invoice of its own
-- (spec/rating.md §6.3, §10.7). One that is on a closed invoice stays there. The amount is exact; where it has more places
-- than a unit price can, it stands alone.
-- Grain: invoice_id, line_key.
WITH due AS (
    SELECT
        segment_ends.trued_up,
        balances.*,
        derived_id(
            'invoice', [trueups.contract_id, instant_text(trueups.charged_at), 'TRUEUP', balances.balance_id]
        ) AS base_id
    FROM segment_ends
    JOIN balance_segments USING (segment_no)
    JOIN balances USING (balance_no)
    JOIN trueups USING (balance_no)
    ANTI JOIN closed_trueups ON closed_trueups.commit_id = balances.balance_id
    WHERE segment_ends.trued_up > 0
)
SELECT
    coalesce(statement_periods.invoice_id, invoice_slots.invoice_id, due.base_id) AS invoice_id,
    trueups.contract_id,
    contracts.customer_id,
    contracts.rate_card_id,
    'commit_purchase' AS type,
    due.product_id,
    array_to_string(['commit_trueup', due.balance_id], chr(31)) AS line_key,
    trueups.charged_at AS starting_at,
    NULL::TIMESTAMP AS ending_before,
    trueups.charged_at,
    statement_periods.period_starting_at,
    statement_periods.period_ending_before,
    CASE WHEN exactly_18(due.trued_up) IS NOT NULL THEN 1::DECIMAL(38, 18) END AS quantity,
    exactly_18(due.trued_up) AS unit_price,
    due.trued_up AS total,
    due.balance_id AS commit_id,
    due.balance_name || ' true-up' AS charge_name,
    due.custom_fields,
    rate_cards.credit_type_id,
    product_orders.position AS product_position,
    'billed' AS outcome
FROM due
JOIN trueups USING (balance_no)
JOIN contracts ON contracts.contract_id = trueups.contract_id
JOIN rate_cards ON rate_cards.rate_card_id = contracts.rate_card_id
LEFT JOIN product_orders
    ON product_orders.rate_card_id = contracts.rate_card_id
    AND product_orders.product_id = due.product_id
LEFT JOIN statement_periods
    ON contracts.consolidates_charges
    AND statement_periods.contract_id = trueups.contract_id
    AND statement_periods.period_ending_before = trueups.charged_at
LEFT JOIN invoice_slots ON invoice_slots.base_id = due.base_id
