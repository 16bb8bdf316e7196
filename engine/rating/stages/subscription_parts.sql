-- Which parts of subscriptions does this run bill, and on which invoice?
-- A subscription is billed by periods between `anchor + k steps`, counted from the anchor as statement periods are, and
-- cut to its term. A period has a part for the quantity asked for at its start, and one for every later increase over
-- the largest quantity so far; a decrease waits for the next period. All parts of a period are priced as of its start,
-- because a subscription has one rate per billing period (spec/rating.md §12).
-- A part falls due when its period starts (ADVANCE) or ends (ARREARS); an increase in ADVANCE at once, or when the
-- period ends. What falls due in a statement period, (start, end], goes on its usage invoice. What is placed apart, an
-- increase billed at once, and what is due when the contract starts go on the contract's scheduled invoice of that
-- instant. Every part falls due once, so it belongs to exactly one run; a year that began long ago still has increases
-- now, and a statement of a year collects what fell due since its start.
-- What a part costs of a whole period goes by elapsed time (spec/rating.md §17 Q17): part_microseconds to
-- period_microseconds, which are equal when nothing is prorated. A contract may start inside a second.
-- Grain: subscription_no, priced_at, starting_at.
WITH reach AS (
    -- From when on a part may have fallen due that this run bills.
    SELECT
        contracts.contract_id,
        contracts.customer_id,
        contracts.rate_card_id,
        contracts.starting_at AS contract_starting_at,
        contracts.ending_before AS contract_ending_before,
        least(billing_period.starting_at, statements.earliest) AS due_from,
        billing_period.ending_before AS due_until
    FROM contracts
    CROSS JOIN billing_period
    LEFT JOIN (
        SELECT contract_id, min(period_starting_at) AS earliest
        FROM statement_periods
        GROUP BY contract_id
    ) AS statements ON statements.contract_id = contracts.contract_id
),
schedules AS (
    SELECT
        subscriptions.subscription_no,
        subscriptions.starting_at,
        subscriptions.ending_before,
        subscriptions.anchor_at,
        reach.due_from,
        reach.due_until,
        CASE billing_frequency WHEN 'MONTHLY' THEN 1 WHEN 'QUARTERLY' THEN 3 WHEN 'ANNUAL' THEN 12 ELSE 0 END AS months,
        CASE billing_frequency WHEN 'WEEKLY' THEN 7 ELSE 0 END AS days
    FROM subscriptions
    JOIN reach USING (contract_id)
    WHERE subscriptions.starting_at <= due_until AND due_from <= subscriptions.ending_before
),
steps AS (
    -- The step that holds an instant is at most one away from the number that date_diff gives.
    SELECT
        *,
        unnest(CASE
            WHEN days > 0 THEN range(
                date_diff('day', anchor_at, due_from) // days - 2, date_diff('day', anchor_at, due_until) // days + 2
            )
            ELSE range(
                date_diff('month', anchor_at, due_from) // months - 2,
                date_diff('month', anchor_at, due_until) // months + 2
            )
        END) AS step
    FROM schedules
),
full_periods AS (
    SELECT
        *,
        anchor_at + to_months((step * months)::INTEGER) + to_days((step * days)::INTEGER) AS full_starting_at,
        anchor_at + to_months(((step + 1) * months)::INTEGER) + to_days(((step + 1) * days)::INTEGER)
            AS full_ending_before
    FROM steps
),
periods AS (
    SELECT
        subscription_no,
        greatest(starting_at, full_starting_at) AS priced_at,
        least(ending_before, full_ending_before) AS ending_before,
        epoch_us(full_ending_before) - epoch_us(full_starting_at) AS full_microseconds
    FROM full_periods
    WHERE greatest(starting_at, full_starting_at) < least(ending_before, full_ending_before)
        AND greatest(starting_at, full_starting_at) <= due_until
        AND due_from <= least(ending_before, full_ending_before)
),
begun AS (
    SELECT periods.*, subscription_quantities.quantity
    FROM periods
    ASOF JOIN subscription_quantities
        ON periods.subscription_no = subscription_quantities.subscription_no
        AND periods.priced_at >= subscription_quantities.starting_at
),
increases AS (
    SELECT
        begun.* EXCLUDE (quantity),
        subscription_quantities.starting_at,
        subscription_quantities.quantity - greatest(begun.quantity, max(subscription_quantities.quantity) OVER (
            PARTITION BY begun.subscription_no, begun.priced_at
            ORDER BY subscription_quantities.starting_at
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        )) AS quantity
    FROM begun
    JOIN subscription_quantities
        ON begun.subscription_no = subscription_quantities.subscription_no
        AND begun.priced_at < subscription_quantities.starting_at
        AND subscription_quantities.starting_at < begun.ending_before
),
parts AS (
    SELECT *, priced_at AS starting_at
    FROM begun
    WHERE quantity > 0
    UNION ALL BY NAME
    SELECT *
    FROM increases
    WHERE quantity > 0
),
due AS (
    SELECT
        parts.*,
        reach.* EXCLUDE (due_from, due_until),
        subscriptions.product_id,
        subscriptions.billing_frequency,
        subscriptions.is_prorated,
        subscriptions.collection_schedule = 'ADVANCE' AND parts.starting_at = parts.priced_at AS at_start,
        subscriptions.collection_schedule = 'ADVANCE' AND parts.starting_at > parts.priced_at
            AND subscriptions.bill_immediately AS at_once,
        CASE WHEN at_start OR at_once THEN parts.starting_at ELSE parts.ending_before END AS charged_at,
        subscriptions.on_usage_invoice
            AND NOT at_once
            AND contract_starting_at < charged_at
            AND coalesce(charged_at <= contract_ending_before, true) AS with_usage,
        derived_id('invoice', [reach.contract_id, instant_text(charged_at), 'SCHEDULED']) AS base_id
    FROM parts
    JOIN subscriptions USING (subscription_no)
    JOIN reach USING (contract_id)
)
SELECT
    due.subscription_no,
    due.contract_id,
    due.customer_id,
    due.rate_card_id,
    due.product_id,
    due.billing_frequency,
    due.priced_at,
    due.starting_at,
    due.ending_before,
    due.quantity,
    epoch_us(due.ending_before) - epoch_us(due.starting_at) AS part_microseconds,
    CASE WHEN due.is_prorated THEN due.full_microseconds ELSE part_microseconds END AS period_microseconds,
    part_microseconds <> period_microseconds AS is_prorated,
    due.charged_at,
    due.with_usage AS on_usage_invoice,
    CASE
        WHEN due.with_usage THEN statement_periods.invoice_id
        ELSE coalesce(invoice_slots.invoice_id, due.base_id)
    END AS invoice_id,
    statement_periods.period_starting_at,
    statement_periods.period_ending_before
FROM due
CROSS JOIN billing_period
LEFT JOIN statement_periods
    ON due.with_usage
    AND statement_periods.contract_id = due.contract_id
    AND statement_periods.period_starting_at < due.charged_at
    AND due.charged_at <= statement_periods.period_ending_before
LEFT JOIN invoice_slots ON invoice_slots.base_id = due.base_id
WHERE CASE
        WHEN due.with_usage THEN statement_periods.invoice_id IS NOT NULL
        ELSE billing_period.starting_at <= due.charged_at
            AND due.charged_at < billing_period.ending_before
            AND NOT coalesce(invoice_slots.is_closed, false)
    END
