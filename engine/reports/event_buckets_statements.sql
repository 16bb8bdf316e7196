-- Which statement periods does the billing period bill, and how do they stand?
-- What is published says so, whatever the catalog has become since; contracts without an invoice have none because they
-- are parked, or because no run has billed them yet. A void invoice stands only where none was made in its place.
-- `settled` is the bucket of every event of a statement that has no lines, `unseen` that of the events which the run
-- that made its invoice had not seen: a draft will have them tomorrow, a finalized invoice never.
-- Grain: statement_no (one per contract_id, starting_at).
WITH invoiced AS (
    SELECT
        contract_id,
        customer_id,
        starting_at,
        ending_before,
        bool_and(status = 'VOID') AS is_void,
        coalesce(bool_or(status = 'FINALIZED'), false) AS is_finalized,
        max(computed_by) FILTER (status <> 'VOID') AS computed_by
    FROM published_invoices
    WHERE type = 'USAGE'
    GROUP BY contract_id, customer_id, starting_at, ending_before
),
not_invoiced AS (
    SELECT statement_windows.*
    FROM statement_windows
    JOIN billing_period
        ON billing_period.starting_at < period_ending_before AND period_ending_before <= billing_period.ending_before
    ANTI JOIN invoiced
        ON invoiced.contract_id = statement_windows.contract_id
        AND invoiced.starting_at < statement_windows.period_ending_before
        AND statement_windows.period_starting_at < invoiced.ending_before
),
statements AS (
    SELECT
        contract_id,
        customer_id,
        starting_at,
        ending_before,
        CASE WHEN is_void THEN 'void' END AS settled,
        CASE WHEN is_finalized THEN 'late' ELSE 'arrived_later' END AS unseen,
        false AS is_parked,
        computed_by
    FROM invoiced
    UNION ALL BY NAME
    SELECT
        contract_id,
        customer_id,
        period_starting_at AS starting_at,
        period_ending_before AS ending_before,
        CASE WHEN published_parked.contract_id IS NULL THEN 'not_published' END AS settled,
        'arrived_later' AS unseen,
        published_parked.contract_id IS NOT NULL AS is_parked,
        NULL AS computed_by
    FROM not_invoiced
    LEFT JOIN (SELECT DISTINCT contract_id FROM published_parked) AS published_parked USING (contract_id)
)
SELECT
    row_number() OVER (ORDER BY contract_id, statements.starting_at)::INTEGER AS statement_no,
    contract_id,
    statements.customer_id,
    contracts.rate_card_id,
    contracts.usage_filter_no,
    statements.starting_at,
    statements.ending_before,
    statements.settled::EVENT_BUCKET AS settled,
    statements.unseen::EVENT_BUCKET AS unseen,
    statements.is_parked,
    bucket_runs.events_version,
    bucket_runs.as_of
FROM statements
LEFT JOIN contracts USING (contract_id)
LEFT JOIN bucket_runs ON bucket_runs.run_id IS NOT DISTINCT FROM statements.computed_by
