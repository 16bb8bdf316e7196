-- Which invoices of the same customer are held back with one that somebody must look at?
-- All of them: what is wrong with a customer's usage is seldom wrong in one place. One of them, the first, is named.
-- Grain: invoice_id.
SELECT
    invoices.id AS invoice_id,
    reviewed.reason,
    'with invoice ' || reviewed.invoice_id || ' of the same customer: ' || reviewed.detail AS detail
FROM reviewed
JOIN invoices AS looked_at ON looked_at.id = reviewed.invoice_id
JOIN invoices ON invoices.customer_id = looked_at.customer_id AND invoices.id <> looked_at.id
WHERE invoices.status = 'DRAFT'
QUALIFY row_number() OVER (
    PARTITION BY invoices.id ORDER BY looked_at.ending_before, reviewed.invoice_id
) = 1
