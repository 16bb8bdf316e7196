-- One pass of pairing: of the invoices that are still alone, the first of theirs with a key and the first of ours, the
-- second with the second, and so on.
INSERT INTO invoice_pairs
WITH theirs AS (
    SELECT
        invoice_id, keys[$pass] AS key, row_number() OVER (PARTITION BY keys[$pass] ORDER BY total, invoice_id) AS nth
    FROM their_invoices
    ANTI JOIN invoice_pairs ON invoice_pairs.their_invoice_id = their_invoices.invoice_id
    WHERE keys[$pass] IS NOT NULL
),
ours AS (
    SELECT
        invoice_id, keys[$pass] AS key, row_number() OVER (PARTITION BY keys[$pass] ORDER BY total, invoice_id) AS nth
    FROM our_invoices
    ANTI JOIN invoice_pairs ON invoice_pairs.our_invoice_id = our_invoices.invoice_id
)
SELECT theirs.invoice_id AS their_invoice_id, ours.invoice_id AS our_invoice_id
FROM theirs
JOIN ours USING (key, nth)
