-- Each difference as people read it. Grain: their_invoice_id, our_invoice_id, their_line_id, our_line_id; a row without
-- lines is what an invoice comes to beside its lines, or an invoice without any.
SELECT
    invoice_sides.billing_period,
    invoice_sides.customer_id,
    contract_cards.customer_name,
    invoice_sides.contract_id,
    invoice_sides.their_invoice_id,
    invoice_sides.our_invoice_id,
    invoice_sides.type AS invoice_type,
    causes.their_line_id,
    causes.our_line_id,
    causes.product_id,
    causes.name,
    nullif(causes.type, '') AS line_type,
    causes.pricing_group_values,
    causes.presentation_group_values,
    causes.starting_at,
    causes.ending_before,
    causes.commit_id,
    causes.their_quantity,
    causes.our_quantity,
    causes.their_unit_price,
    causes.our_unit_price,
    causes.their_total,
    causes.our_total,
    currencies.name AS currency,
    causes.difference,
    causes.invoice_difference,
    causes.cause,
    causes.hint,
    causes.explanation
FROM causes
JOIN invoice_sides USING (invoice_no)
LEFT JOIN contract_cards ON contract_cards.contract_id = invoice_sides.contract_id
LEFT JOIN currencies ON currencies.credit_type_id = causes.credit_type_id
ORDER BY causes.row_no
