-- Which statement periods does this run bill?
-- The ones whose last instant lies in its billing period, so that every statement period belongs to exactly one run; those
-- whose invoice is finalized, or void and not to be billed anew, are left as they are.
-- Each has one usage invoice, whose id is derived here once.
-- Grain: contract_id, period_starting_at.
WITH ended AS (
    SELECT
        derived_id('invoice', [contract_id, instant_text(period_starting_at), 'USAGE']) AS base_id,
        statement_windows.*
    FROM statement_windows, billing_period
    WHERE billing_period.starting_at < period_ending_before
        AND period_ending_before <= billing_period.ending_before
)
SELECT coalesce(invoice_slots.invoice_id, ended.base_id) AS invoice_id, ended.* EXCLUDE (base_id)
FROM ended
LEFT JOIN invoice_slots USING (base_id)
WHERE NOT coalesce(invoice_slots.is_closed, false)
