-- Every invoice of either side once, with the other side's when there is one. What their invoices of other months could
-- be paired with was not billed, so those without a partner are left out unless they lie in the months that were.
-- Grain: invoice_no.
SELECT
    row_number() OVER (
        ORDER BY coalesce(ours.customer_id, theirs.customer_id), coalesce(ours.contract_id, theirs.contract_id),
            coalesce(ours.starting_at, theirs.starting_at, ours.issued_at, theirs.issued_at),
            coalesce(ours.type, theirs.type), theirs.invoice_id, ours.invoice_id
    ) AS invoice_no,
    coalesce(ours.customer_id, theirs.customer_id) AS customer_id,
    coalesce(ours.contract_id, theirs.contract_id) AS contract_id,
    coalesce(ours.type, theirs.type) AS type,
    coalesce(ours.starting_at, theirs.starting_at) AS starting_at,
    coalesce(ours.ending_before, theirs.ending_before) AS ending_before,
    coalesce(ours.issued_at, theirs.issued_at) AS issued_at,
    coalesce(ours.billing_period, theirs.billing_period) AS billing_period,
    coalesce(ours.credit_type_id, theirs.credit_type_id) AS credit_type_id,
    coalesce(theirs.credit_type_id, ours.credit_type_id) AS their_credit_type_id,
    theirs.invoice_id AS their_invoice_id,
    ours.invoice_id AS our_invoice_id,
    theirs.status AS their_status,
    theirs.changed_at AS their_changed_at,
    theirs.total AS their_total,
    ours.total AS our_total
FROM their_invoices AS theirs
FULL JOIN invoice_pairs ON invoice_pairs.their_invoice_id = theirs.invoice_id
FULL JOIN our_invoices AS ours ON ours.invoice_id = invoice_pairs.our_invoice_id
WHERE ours.invoice_id IS NOT NULL OR theirs.billing_period IN (SELECT label FROM billed_months)
