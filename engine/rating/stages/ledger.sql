-- What happened to each balance in this run, entry by entry, and what was there after each?
-- What adds to a balance is positive. At one instant a grant comes first, then corrections by hand, deductions in the
-- order of their invoices, rollovers, and last the end: an expiration or a true-up (spec/rating.md §6.4). A segment that
-- rolls over has a rollover even of nothing, which tells the next runs that it was settled.
-- Grain: id.
WITH accounts AS (
    SELECT
        segment_ends.*,
        balance_segments.balance_no,
        balance_segments.segment_id,
        balance_segments.granted_as,
        balance_segments.starting_at,
        greatest(balance_segments.ending_before, segment_ends.last_corrected_at) AS ended_at
    FROM segment_ends
    JOIN balance_segments USING (segment_no)
    WHERE segment_ends.is_open
),
manual AS (
    SELECT
        manual_entries.*,
        row_number() OVER (
            PARTITION BY manual_entries.segment_no, manual_entries.entry_at ORDER BY manual_entries.entry_no
        ) AS same_instant_no
    FROM manual_entries
),
trueups_billed AS (
    SELECT
        trueup_lines.commit_id,
        trueup_lines.invoice_id,
        trueup_lines.contract_id AS invoice_contract_id,
        trueup_lines.charged_at,
        to_json(list(line_items.id))::VARCHAR AS line_item_ids
    FROM trueup_lines
    LEFT JOIN line_items
        ON line_items.invoice_id = trueup_lines.invoice_id
        AND line_items.type = 'commit_purchase'
        AND line_items.commit_id = trueup_lines.commit_id
        AND line_items.origin_line_item_id IS NULL
    GROUP BY ALL
    UNION ALL
    SELECT commit_id, invoice_id, invoice_contract_id, charged_at, line_item_ids
    FROM closed_trueups
),
entries AS (
    SELECT
        segment_no,
        CASE
            WHEN granted_as = 'SEAT_BASED_ADJUSTMENT' THEN granted_as
            WHEN balances.kind = 'POSTPAID' THEN 'INITIAL_BALANCE'
            ELSE 'SEGMENT_START'
        END AS event,
        starting_at AS entry_at,
        granted::DECIMAL(38, 26) AS amount,
        1 AS place,
        0 AS place_no,
        '' AS entry_key
    FROM accounts
    JOIN balances USING (balance_no)
    WHERE granted_now
    UNION ALL BY NAME
    SELECT
        manual.segment_no,
        'MANUAL' AS event,
        manual.entry_at AS entry_at,
        manual.amount::DECIMAL(38, 26) AS amount,
        2 AS place,
        manual.entry_no AS place_no,
        manual.same_instant_no::VARCHAR AS entry_key,
        manual.reason
    FROM manual
    JOIN accounts USING (segment_no)
    CROSS JOIN billing_period
    WHERE accounts.granted_now OR manual.entry_at >= billing_period.starting_at
    UNION ALL BY NAME
    SELECT
        segment_no,
        'AUTOMATED_INVOICE_DEDUCTION' AS event,
        deducted_at AS entry_at,
        -taken::DECIMAL(38, 26) AS amount,
        3 AS place,
        invoice_no AS place_no,
        invoice_id AS entry_key,
        invoice_id,
        invoice_contract_id,
        line_item_ids
    FROM deductions
    UNION ALL BY NAME
    -- What a void invoice took is given back when it was taken, as if it never had been.
    SELECT
        segment_no,
        'CANCELED' AS event,
        deducted_at AS entry_at,
        taken::DECIMAL(38, 26) AS amount,
        3 AS place,
        invoice_no + 1 AS place_no,
        invoice_id AS entry_key,
        invoice_id,
        invoice_contract_id,
        line_item_ids
    FROM deductions
    WHERE is_void
    UNION ALL BY NAME
    SELECT
        segment_rollovers.from_segment_no AS segment_no,
        'ROLLOVER' AS event,
        segment_rollovers.rolled_at AS entry_at,
        -segment_rollovers.rolled::DECIMAL(38, 26) AS amount,
        4 AS place,
        segment_rollovers.to_segment_no AS place_no,
        new_balances.balance_id AS entry_key,
        new_balances.contract_id AS new_contract_id,
        new_balances.balance_id AS new_balance_id
    FROM segment_rollovers
    JOIN balance_segments AS new_segments ON new_segments.segment_no = segment_rollovers.to_segment_no
    JOIN balances AS new_balances ON new_balances.balance_no = new_segments.balance_no
    WHERE segment_rollovers.rolls_now
    UNION ALL BY NAME
    SELECT
        segment_no,
        'EXPIRATION' AS event,
        ended_at AS entry_at,
        -expired::DECIMAL(38, 26) AS amount,
        5 AS place,
        0 AS place_no,
        '' AS entry_key
    FROM accounts
    WHERE expired > 0
    UNION ALL BY NAME
    SELECT
        accounts.segment_no,
        'TRUEUP' AS event,
        greatest(trueups_billed.charged_at, accounts.ended_at) AS entry_at,
        -accounts.trued_up::DECIMAL(38, 26) AS amount,
        5 AS place,
        0 AS place_no,
        '' AS entry_key,
        trueups_billed.invoice_id,
        trueups_billed.invoice_contract_id,
        trueups_billed.line_item_ids
    FROM accounts
    JOIN balances USING (balance_no)
    JOIN trueups_billed ON trueups_billed.commit_id = balances.balance_id
    WHERE accounts.trued_up > 0
),
placed AS (
    SELECT
        entries.*,
        balances.customer_id,
        balances.contract_id,
        balances.balance_id,
        balances.credit_type_id,
        accounts.segment_id,
        accounts.opening,
        greatest(entries.entry_at, accounts.starting_at) AS placed_at,
        CASE balances.kind WHEN 'CREDIT' THEN 'CREDIT_' ELSE balances.kind || '_COMMIT_' END || entries.event AS type
    FROM entries
    JOIN accounts USING (segment_no)
    JOIN balances USING (balance_no)
)
SELECT
    derived_id(
        'ledger_entry', [placed.segment_id, placed.type, instant_text(placed.entry_at), placed.entry_key]
    ) AS id,
    placed.customer_id,
    placed.contract_id,
    placed.balance_id,
    placed.segment_id,
    placed.type,
    placed.entry_at AS "timestamp",
    placed.amount,
    placed.credit_type_id,
    credit_types.credit_type_name AS currency,
    placed.invoice_id,
    placed.invoice_contract_id,
    placed.line_item_ids,
    placed.new_contract_id,
    placed.new_balance_id,
    placed.reason,
    (
        placed.opening + sum(placed.amount) OVER (
            PARTITION BY placed.segment_no
            ORDER BY placed.placed_at, placed.place, placed.place_no
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        )
    )::DECIMAL(38, 26) AS balance_after
FROM placed
LEFT JOIN credit_types USING (credit_type_id)
ORDER BY placed.segment_no, placed.placed_at, placed.place, placed.place_no
