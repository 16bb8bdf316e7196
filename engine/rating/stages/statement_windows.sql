-- Which statement periods has each contract near the billing period?
-- A contract's statement periods are the windows between `anchor + n steps`, cut to the contract. Boundaries are always
-- counted from the anchor: stepping from the previous boundary would drift off the 31st (spec/rating.md §17 Q18).
-- Kept are the periods that end in the billing period or on one of its bounds, and those that hold a part of it; what
-- ended before the contract's first invoice was billed elsewhere.
-- Grain: contract_id, period_starting_at.
WITH schedules AS (
    SELECT
        contract_id,
        customer_id,
        rate_card_id,
        starting_at,
        ending_before,
        invoices_from,
        CASE frequency WHEN 'MONTHLY' THEN 1 WHEN 'QUARTERLY' THEN 3 WHEN 'ANNUAL' THEN 12 ELSE 0 END AS months,
        CASE frequency WHEN 'WEEKLY' THEN 7 ELSE 0 END AS days,
        anchor_at
    FROM contracts
),
steps AS (
    -- The step that holds the start of the billing period is near this one; a month holds at most six weekly ends.
    SELECT
        schedules.*,
        CASE
            WHEN days > 0 THEN date_diff('day', anchor_at, billing_period.starting_at) // days
            ELSE date_diff('month', anchor_at, billing_period.starting_at) // months
        END + unnest(range(-2, 7)) AS step
    FROM schedules, billing_period
),
boundaries AS (
    SELECT
        contract_id,
        customer_id,
        rate_card_id,
        invoices_from,
        greatest(
            starting_at, anchor_at + to_months((step * months)::INTEGER) + to_days((step * days)::INTEGER)
        ) AS period_starting_at,
        least(
            ending_before,
            anchor_at + to_months(((step + 1) * months)::INTEGER) + to_days(((step + 1) * days)::INTEGER)
        ) AS period_ending_before
    FROM steps
)
SELECT boundaries.* EXCLUDE (invoices_from)
FROM boundaries, billing_period
WHERE period_starting_at < period_ending_before
    AND coalesce(invoices_from < period_ending_before, true)
    AND billing_period.starting_at <= period_ending_before
    AND period_starting_at <= billing_period.ending_before
