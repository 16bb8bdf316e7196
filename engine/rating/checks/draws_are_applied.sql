-- What is drawn from a segment of a balance is what the lines of this run's invoices take off, and what the ledger deducts,
-- invoice for invoice; and every true-up is a line on an invoice. Units where a balance counts units.
WITH drawn AS (
    SELECT balance_segments.segment_id, coverable_lines.invoice_id, sum(draws.taken) AS amount
    FROM draws
    JOIN coverable_lines USING (line_no)
    JOIN balance_segments USING (segment_no)
    ANTI JOIN parked ON parked.contract_id = coverable_lines.contract_id
    GROUP BY ALL
),
applied AS (
    SELECT
        commit_segment_id AS segment_id,
        invoice_id,
        sum(CASE access_type
            WHEN 'QUANTITY' THEN quantity_consumed::DECIMAL(38, 26)
            ELSE -total::DECIMAL(38, 26)
        END) AS amount,
        list_sort(list(id)) AS line_item_ids
    FROM line_items
    WHERE type = 'applied_commit_or_credit' AND origin_line_item_id IS NULL
    GROUP BY ALL
),
deducted AS (
    SELECT
        segment_id,
        invoice_id,
        -sum(amount) AS amount,
        list_sort(flatten(list(from_json(line_item_ids, '["VARCHAR"]')))) AS line_item_ids,
        count(*) AS entries
    FROM ledger
    ANTI JOIN closed_draws ON closed_draws.invoice_id = ledger.invoice_id
    WHERE ends_with(type, '_AUTOMATED_INVOICE_DEDUCTION')
    GROUP BY ALL
),
trued_up AS (
    SELECT segment_id, invoice_id, -amount AS amount, from_json(line_item_ids, '["VARCHAR"]') AS line_item_ids
    FROM ledger
    ANTI JOIN closed_trueups ON closed_trueups.invoice_id = ledger.invoice_id
    WHERE type = 'POSTPAID_COMMIT_TRUEUP'
),
charged AS (
    SELECT
        line_items.invoice_id,
        trueup_lines.commit_id,
        list(line_items.id) AS line_item_ids,
        sum(line_items.total) AS amount
    FROM trueup_lines
    LEFT JOIN line_items
        ON line_items.invoice_id = trueup_lines.invoice_id
        AND line_items.commit_id = trueup_lines.commit_id
        AND line_items.type = 'commit_purchase'
        AND line_items.origin_line_item_id IS NULL
    GROUP BY ALL
)
SELECT
    coalesce(drawn.segment_id, applied.segment_id, deducted.segment_id) AS segment_id,
    coalesce(drawn.invoice_id, applied.invoice_id, deducted.invoice_id) AS invoice_id,
    drawn.amount AS drawn,
    applied.amount AS applied,
    deducted.amount AS posted
FROM drawn
FULL JOIN applied ON applied.segment_id = drawn.segment_id AND applied.invoice_id = drawn.invoice_id
FULL JOIN deducted
    ON deducted.segment_id = coalesce(drawn.segment_id, applied.segment_id)
    AND deducted.invoice_id = coalesce(drawn.invoice_id, applied.invoice_id)
WHERE drawn.amount::DECIMAL(38, 26) IS DISTINCT FROM applied.amount::DECIMAL(38, 26)
    OR drawn.amount::DECIMAL(38, 26) IS DISTINCT FROM deducted.amount::DECIMAL(38, 26)
    OR applied.line_item_ids IS DISTINCT FROM deducted.line_item_ids
    OR deducted.entries > 1
UNION ALL
SELECT
    coalesce(trued_up.segment_id, charged.commit_id),
    coalesce(trued_up.invoice_id, charged.invoice_id),
    NULL,
    charged.amount,
    trued_up.amount
FROM trued_up
FULL JOIN charged
    ON charged.line_item_ids = trued_up.line_item_ids
    AND charged.invoice_id = trued_up.invoice_id
WHERE charged.amount::DECIMAL(38, 26) IS DISTINCT FROM trued_up.amount::DECIMAL(38, 26)
