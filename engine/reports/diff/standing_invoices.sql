-- Which invoice stands in each slot, and what does it come to?
-- What was billed anew is void, and the last one of its chain stands; it may be void itself. Consolidated invoices repeat
-- others, and are left out. The id of the first of a chain is made from contract, time and type alone, so that it names the
-- same slot in every bill; a bill without the void ones begins with what it has.
-- Grain: slot_id.
WITH RECURSIVE chain AS (
    SELECT invoices.id AS slot_id, invoices.id AS invoice_id
    FROM invoices
    ANTI JOIN invoices AS void ON void.id = invoices.regenerated_from_invoice_id
    UNION ALL
    SELECT chain.slot_id, invoices.id
    FROM chain
    JOIN invoices ON invoices.regenerated_from_invoice_id = chain.invoice_id
)
SELECT
    chain.slot_id,
    invoices.id AS invoice_id,
    invoices.customer_id,
    invoices.customer_name,
    invoices.contract_id,
    invoices.type AS invoice_type,
    invoices.starting_at,
    invoices.ending_before,
    invoices.issued_at,
    invoices.credit_type_id,
    invoices.currency,
    invoices.status,
    invoices.total,
    invoices.computed_by
FROM chain
JOIN invoices ON invoices.id = chain.invoice_id
WHERE invoices.regenerated_as_invoice_id IS NULL AND invoices.type <> 'USAGE_CONSOLIDATED'
ORDER BY chain.slot_id
