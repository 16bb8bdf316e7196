-- Every invoice that was compared: what either side says it comes to, exactly and to the cent, and how many of its
-- lines differ. `verdict` is equal, equal_to_the_cent, differs, missing_invoice (their export has none) or
-- extra_invoice (only theirs). A consolidated invoice repeats what others come to.
-- Grain: their_invoice_id, our_invoice_id.
WITH line_counts AS (
    SELECT invoice_no, count(*) AS differences
    FROM causes
    GROUP BY invoice_no
)
SELECT
    invoice_sides.billing_period,
    invoice_sides.customer_id,
    contract_cards.customer_name,
    invoice_sides.contract_id,
    invoice_sides.type AS invoice_type,
    invoice_sides.starting_at,
    invoice_sides.ending_before,
    invoice_sides.issued_at,
    invoice_sides.their_invoice_id,
    invoice_sides.our_invoice_id,
    invoice_sides.their_status,
    currencies.name AS currency,
    invoice_sides.their_total,
    invoice_sides.our_total,
    (coalesce(our_total, 0) - coalesce(their_total, 0))::DECIMAL(38, 26) AS difference,
    rounded(coalesce(our_total, 0), currencies.places) - rounded(coalesce(their_total, 0), currencies.places)
        AS payable_difference,
    coalesce(line_counts.differences, 0) AS differences,
    CASE
        WHEN their_invoice_id IS NULL THEN 'missing_invoice'
        WHEN our_invoice_id IS NULL THEN 'extra_invoice'
        WHEN line_counts.differences IS NULL THEN 'equal'
        WHEN payable_difference = 0 THEN 'equal_to_the_cent'
        ELSE 'differs'
    END AS verdict
FROM invoice_sides
LEFT JOIN contract_cards USING (contract_id)
LEFT JOIN currencies USING (credit_type_id)
LEFT JOIN line_counts USING (invoice_no)
ORDER BY invoice_sides.invoice_no
