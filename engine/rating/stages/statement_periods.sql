-- Which statement periods does this run bill?
-- The ones whose last instant lies in its billing period, so that every statement period belongs to exactly one run.
-- Each has one usage invoice, whose id is derived here once.
-- Grain: contract_id, period_starting_at.
SELECT
    derived_id('invoice', [contract_id, instant_text(period_starting_at), 'USAGE']) AS invoice_id,
    statement_windows.*
FROM statement_windows, billing_period
WHERE billing_period.starting_at < period_ending_before
    AND period_ending_before <= billing_period.ending_before
