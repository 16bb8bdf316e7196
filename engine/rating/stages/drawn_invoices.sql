-- In which order do invoices draw on balances?
-- By the end of what they bill, then its start; a scheduled invoice bills an instant (spec/rating.md §17 Q15). A rollover
-- that this run has yet to find out is known once every invoice up to its instant has drawn: the invoices of a pool that
-- come later are of a later epoch.
-- Grain: invoice_no (one per invoice_id).
WITH invoices_drawn AS (
    SELECT
        statement_periods.invoice_id,
        contract_id,
        drawing_contracts.pool_no,
        drawing_contracts.starting_at AS contract_starting_at,
        period_starting_at AS billed_from,
        period_ending_before AS billed_until,
        0 AS kind
    FROM statement_periods
    JOIN drawing_contracts USING (contract_id)
    UNION ALL
    SELECT invoice_id, contract_id, pool_no, starting_at, issued_at, issued_at, 1
    FROM scheduled_invoices
    JOIN drawing_contracts USING (contract_id)
),
rolled AS (
    SELECT DISTINCT drawing_contracts.pool_no, rollovers.rolled_at
    FROM rollovers
    JOIN balance_segments ON balance_segments.segment_no = rollovers.to_segment_no
    JOIN balance_contracts USING (balance_no)
    JOIN drawing_contracts USING (contract_id)
    WHERE balance_segments.amount IS NULL
),
epochs AS (
    SELECT invoices_drawn.invoice_id, count(rolled.rolled_at) AS epoch
    FROM invoices_drawn
    LEFT JOIN rolled
        ON rolled.pool_no = invoices_drawn.pool_no
        AND (
            rolled.rolled_at < invoices_drawn.billed_until
            OR (
                rolled.rolled_at = invoices_drawn.billed_from
                AND rolled.rolled_at <= invoices_drawn.contract_starting_at
            )
        )
    GROUP BY invoices_drawn.invoice_id
)
SELECT
    row_number() OVER (
        ORDER BY billed_until, billed_from, contract_starting_at, contract_id, kind, invoice_id
    ) AS invoice_no,
    invoices_drawn.* EXCLUDE (contract_starting_at, kind),
    epochs.epoch
FROM invoices_drawn
JOIN epochs USING (invoice_id)
