-- Which segments can nothing draw on any more, before this run or once it is done?
-- A segment is settled by an instant when it has ended by then and so has every statement period that began before its
-- end, of every contract that may draw on it. A segment that rolls over is settled at the transition: what becomes of it
-- is drawn from then on (spec/rating.md §6.1). Statement periods that end before the billing period do not matter.
-- A segment is closed when it is settled; one that ends with a true-up, when the true-up is due, too. A true-up at the
-- end of a statement period is due with it for a contract that has its charges on usage invoices. Settling and closing
-- each happen in exactly one billing period, whatever the statement schedules.
-- Grain: segment_no.
WITH last_statements AS (
    SELECT balance_segments.segment_no, max(statement_windows.period_ending_before) AS ends_at
    FROM balance_segments
    JOIN balance_contracts USING (balance_no)
    JOIN statement_windows
        ON statement_windows.contract_id = balance_contracts.contract_id
        AND statement_windows.period_starting_at < balance_segments.ending_before
    ANTI JOIN rollovers ON rollovers.from_segment_no = balance_segments.segment_no
    GROUP BY balance_segments.segment_no
),
dues AS (
    SELECT
        trueups.balance_no,
        trueups.charged_at,
        contracts.consolidates_charges AND EXISTS (
            FROM statement_windows
            WHERE statement_windows.contract_id = trueups.contract_id
                AND statement_windows.period_ending_before = trueups.charged_at
        ) AS ends_statement
    FROM trueups
    JOIN contracts USING (contract_id)
    WHERE NOT trueups.is_removed
),
instants AS (
    SELECT
        balance_segments.segment_no,
        greatest(balance_segments.ending_before, last_statements.ends_at) AS settled_at,
        billing_period.starting_at AS run_starting_at,
        billing_period.ending_before AS run_ending_before,
        dues.balance_no IS NOT NULL AS is_trued_up,
        coalesce(
            dues.charged_at < run_starting_at OR (dues.ends_statement AND dues.charged_at = run_starting_at), true
        ) AS due_before,
        coalesce(
            dues.charged_at < run_ending_before OR (dues.ends_statement AND dues.charged_at = run_ending_before), true
        ) AS due_by_now
    FROM balance_segments
    CROSS JOIN billing_period
    LEFT JOIN last_statements USING (segment_no)
    LEFT JOIN dues USING (balance_no)
)
SELECT
    segment_no,
    is_trued_up,
    settled_at <= run_starting_at AS settled_before,
    run_starting_at < settled_at AND settled_at <= run_ending_before AS settled_now,
    settled_before AND due_before AS closed_before,
    settled_at <= run_ending_before AND due_by_now AND NOT closed_before AS closed_now
FROM instants
