-- Every line that is not the same on both sides, with what either says; and what an invoice comes to beside its lines.
-- `difference` is ours less theirs, in the line's own currency or pricing unit; `invoice_difference` what of it is in
-- the invoice's, so that those of an invoice add up to its difference.
-- Grain: row_no.
WITH lines AS (
    SELECT
        coalesce(ours.invoice_no, theirs.invoice_no) AS invoice_no,
        theirs.line_no AS their_line_no,
        ours.line_no AS our_line_no,
        coalesce(ours.total, 0) - coalesce(theirs.total, 0) AS difference,
        CASE WHEN ours.counts THEN ours.total ELSE 0 END - CASE WHEN theirs.counts THEN theirs.total ELSE 0 END
            AS invoice_difference
    FROM their_lines AS theirs
    FULL JOIN line_pairs ON line_pairs.their_line_no = theirs.line_no
    FULL JOIN our_lines AS ours ON ours.line_no = line_pairs.our_line_no
    WHERE theirs.line_no IS NULL
        OR ours.line_no IS NULL
        OR theirs.quantity IS DISTINCT FROM ours.quantity
        OR theirs.unit_price IS DISTINCT FROM ours.unit_price
        OR theirs.total IS DISTINCT FROM ours.total
        OR theirs.counts IS DISTINCT FROM ours.counts
),
line_sums AS (
    SELECT invoice_no, sum(their_total) AS their_total, sum(our_total) AS our_total, sum(lines) AS lines
    FROM (
        SELECT
            invoice_no, sum(total) FILTER (counts) AS their_total, NULL::DECIMAL(38, 26) AS our_total, count(*) AS lines
        FROM their_lines
        GROUP BY invoice_no
        UNION ALL
        SELECT invoice_no, NULL, sum(total) FILTER (counts), count(*)
        FROM our_lines
        GROUP BY invoice_no
    )
    GROUP BY invoice_no
),
beside AS (
    SELECT
        invoice_no,
        NULL::BIGINT AS their_line_no,
        NULL::BIGINT AS our_line_no,
        (coalesce(invoice_sides.our_total, 0) - coalesce(line_sums.our_total, 0))
            - (coalesce(invoice_sides.their_total, 0) - coalesce(line_sums.their_total, 0)) AS difference,
        difference AS invoice_difference
    FROM invoice_sides
    LEFT JOIN line_sums USING (invoice_no)
    WHERE (coalesce(invoice_sides.our_total, 0) - coalesce(line_sums.our_total, 0))
            <> (coalesce(invoice_sides.their_total, 0) - coalesce(line_sums.their_total, 0))
        OR (line_sums.lines IS NULL AND (their_invoice_id IS NULL OR our_invoice_id IS NULL))
)
SELECT
    row_number() OVER (ORDER BY invoice_no, our_line_no NULLS LAST, their_line_no NULLS LAST) AS row_no,
    invoice_no,
    their_line_no,
    our_line_no,
    difference::DECIMAL(38, 26) AS difference,
    invoice_difference::DECIMAL(38, 26) AS invoice_difference
FROM (FROM lines UNION ALL BY NAME FROM beside)
