-- One pass of pairing lines inside a pair of invoices: of those that are still alone, the dearest of theirs with a key
-- and the dearest of ours, the next with the next, and so on.
INSERT INTO line_pairs
WITH theirs AS (
    SELECT
        line_no,
        invoice_no,
        keys[$pass] AS key,
        row_number() OVER (
            PARTITION BY invoice_no, keys[$pass] ORDER BY unit_price DESC NULLS LAST, abs(total) DESC, line_no
        ) AS nth
    FROM their_lines
    ANTI JOIN line_pairs ON line_pairs.their_line_no = their_lines.line_no
    WHERE keys[$pass] IS NOT NULL
),
ours AS (
    SELECT
        line_no,
        invoice_no,
        keys[$pass] AS key,
        row_number() OVER (
            PARTITION BY invoice_no, keys[$pass] ORDER BY unit_price DESC NULLS LAST, abs(total) DESC, line_no
        ) AS nth
    FROM our_lines
    ANTI JOIN line_pairs ON line_pairs.our_line_no = our_lines.line_no
    WHERE keys[$pass] IS NOT NULL
)
SELECT theirs.line_no AS their_line_no, ours.line_no AS our_line_no
FROM theirs
JOIN ours USING (invoice_no, key, nth)
