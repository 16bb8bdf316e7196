-- What did each invoice take from each segment of a balance, and which of its lines say so?
-- One deduction for an invoice and a segment. It takes effect when the invoice's service period ends, or when the segment
-- does, if that is first (spec/rating.md §6.4, §17 Q12). Lines are listed in the order in which they stand on the invoice,
-- which is the order of the table's rows. What closed invoices took comes first, as it was published; `invoice_no` is the
-- place among the deductions of one instant.
-- Grain: segment_no, invoice_id.
WITH taken AS (
    SELECT draws.segment_no, coverable_lines.invoice_id, sum(draws.taken) AS taken
    FROM draws
    JOIN coverable_lines USING (line_no)
    ANTI JOIN parked ON parked.contract_id = coverable_lines.contract_id
    GROUP BY draws.segment_no, coverable_lines.invoice_id
),
applied AS (
    SELECT
        invoice_id,
        commit_segment_id AS segment_id,
        to_json(list(id ORDER BY line_items.rowid))::VARCHAR AS line_item_ids
    FROM line_items
    WHERE type = 'applied_commit_or_credit' AND origin_line_item_id IS NULL
    GROUP BY invoice_id, commit_segment_id
)
SELECT
    taken.segment_no,
    taken.invoice_id,
    drawn_invoices.invoice_no,
    drawn_invoices.contract_id AS invoice_contract_id,
    least(drawn_invoices.billed_until, balance_segments.ending_before) AS deducted_at,
    taken.taken::DECIMAL(38, 26) AS taken,
    applied.line_item_ids,
    false AS is_void
FROM taken
JOIN drawn_invoices ON drawn_invoices.invoice_id = taken.invoice_id
JOIN balance_segments ON balance_segments.segment_no = taken.segment_no
SEMI JOIN segment_ends ON segment_ends.segment_no = taken.segment_no
LEFT JOIN applied
    ON applied.invoice_id = taken.invoice_id
    AND applied.segment_id = balance_segments.segment_id
UNION ALL
SELECT
    balance_segments.segment_no,
    closed_draws.invoice_id,
    2 * (row_number() OVER (ORDER BY closed_draws.deducted_at, closed_draws.invoice_id, closed_draws.segment_id)
        - count(*) OVER () - 1) AS invoice_no,
    closed_draws.invoice_contract_id,
    closed_draws.deducted_at,
    closed_draws.amount::DECIMAL(38, 26),
    closed_draws.line_item_ids,
    closed_draws.is_void
FROM closed_draws
JOIN balance_segments USING (segment_id)
SEMI JOIN segment_ends ON segment_ends.segment_no = balance_segments.segment_no
