-- Who has crossed the threshold of an alert, and when?
-- Spend is what usage, composite charges and subscriptions come to before balances, in the alert's own credit type and
-- in this billing period, void invoices left out; purchases are no spend, and consolidated copies repeat others. An invoice is looked at by itself. A low
-- balance is that of the customer's own segments in force when the billing period ends; a percentage is of what these
-- were granted (spec/rating.md §13). What is watched counts from the start of the billing period on, or from when the
-- first segment was granted in it, and has crossed at the first instant at which all that happened until then reaches
-- the threshold. Whole units and fractions are added up apart: all contracts together can come to more than one amount
-- holds, and `value` is NULL then. Of a percentage `threshold_amount` is what it comes to, to 26 places downwards,
-- which is exact to compare.
-- Grain: alert_id, customer_id, credit_type_id.
WITH void AS (
    SELECT id AS invoice_id FROM invoices WHERE status = 'VOID'
),
currencies AS (
    SELECT DISTINCT contracts.customer_id, rate_cards.credit_type_id
    FROM contracts
    JOIN rate_cards USING (rate_card_id)
),
rules AS (
    SELECT DISTINCT
        alert_rules.* EXCLUDE (customer_id, credit_type_id),
        currencies.customer_id,
        coalesce(alert_rules.credit_type_id, currencies.credit_type_id) AS credit_type_id
    FROM alert_rules
    JOIN currencies ON coalesce(alert_rules.customer_id = currencies.customer_id, true)
),
invoices_reached AS (
    SELECT
        rules.alert_no,
        rules.customer_id,
        rules.credit_type_id,
        try_cast(rules.threshold AS DECIMAL(38, 26)) AS threshold_amount,
        invoices.total AS value,
        coalesce(invoices.ending_before, invoices.issued_at) AS crossed_at
    FROM rules
    JOIN invoices USING (customer_id, credit_type_id)
    WHERE rules.watched = 'INVOICE'
        AND invoices.status <> 'VOID'
        AND invoices.type <> 'USAGE_CONSOLIDATED'
        AND invoices.total >= try_cast(rules.threshold AS DECIMAL(38, 26))
    QUALIFY row_number() OVER (
        PARTITION BY rules.alert_no, rules.customer_id, rules.credit_type_id
        ORDER BY coalesce(invoices.ending_before, invoices.issued_at), invoices.id
    ) = 1
),
granted_amounts AS (
    SELECT segment_id, coalesce(segment_amounts.amount, balance_segments.amount) AS amount
    FROM balance_segments
    LEFT JOIN segment_amounts USING (segment_no)
),
segments_watched AS (
    SELECT
        rules.alert_no,
        rules.customer_id,
        rules.credit_type_id,
        segment_balances.segment_id,
        segment_balances.opening,
        granted_amounts.amount
    FROM rules
    CROSS JOIN billing_period
    JOIN segment_balances
        ON segment_balances.customer_id = rules.customer_id
        AND segment_balances.credit_type_id = rules.credit_type_id
    JOIN granted_amounts ON granted_amounts.segment_id = segment_balances.segment_id
    WHERE rules.watched = 'BALANCE'
        AND CASE segment_balances.kind
            WHEN 'PREPAID' THEN rules.of_commits
            WHEN 'CREDIT' THEN rules.of_credits
            ELSE false
        END
        AND segment_balances.starting_at <= billing_period.ending_before
        AND billing_period.ending_before < segment_balances.ending_before
),
grants AS (
    SELECT segment_id
    FROM ledger
    WHERE regexp_matches(type, '_(SEGMENT_START|INITIAL_BALANCE|SEAT_BASED_ADJUSTMENT)$')
),
granted AS (
    SELECT
        alert_no,
        customer_id,
        credit_type_id,
        sum(trunc(amount)::DECIMAL(38, 0))::HUGEINT AS whole,
        sum(amount - trunc(amount)::DECIMAL(38, 26)) AS fraction
    FROM segments_watched
    GROUP BY alert_no, customer_id, credit_type_id
),
shares AS (
    -- A percentage has at most 8 places: it is so many of the 10^10 parts of the whole.
    SELECT
        granted.alert_no,
        granted.customer_id,
        granted.credit_type_id,
        unscaled(try_cast(rules.threshold AS DECIMAL(38, 8))) AS share,
        share * (granted.whole + trunc(granted.fraction)::HUGEINT) AS whole_share,
        granted.fraction - trunc(granted.fraction)::DECIMAL(38, 26) AS rest,
        share * unscaled(rest::DECIMAL(38, 26)) AS fraction_share
    FROM granted
    JOIN rules USING (alert_no, customer_id, credit_type_id)
    WHERE rules.is_percentage
),
limits AS (
    -- What the running sum must come to from below: a balance goes down, so it is counted as less than nothing.
    SELECT
        alert_no,
        customer_id,
        credit_type_id,
        CASE watched WHEN 'SPEND' THEN 1 ELSE -1 END AS direction,
        direction * trunc(threshold)::HUGEINT AS whole,
        (direction * (threshold - trunc(threshold)))::DECIMAL(38, 26) AS fraction
    FROM rules
    WHERE watched <> 'INVOICE' AND NOT is_percentage
    UNION ALL
    SELECT
        alert_no,
        customer_id,
        credit_type_id,
        -1,
        -(whole_share // 10000000000),
        -in_units(
            ((whole_share % 10000000000) * power_of_ten(26) + fraction_share) // 10000000000,
            0.00000000000000000000000001::DECIMAL(26, 26)
        )::DECIMAL(38, 26)
    FROM shares
),
movements AS (
    SELECT
        rules.alert_no,
        rules.customer_id,
        rules.credit_type_id,
        coalesce(line_items.ending_before, line_items.starting_at) AS moved_at,
        line_items.total AS amount
    FROM rules
    JOIN line_items USING (customer_id, credit_type_id)
    ANTI JOIN void ON void.invoice_id = line_items.invoice_id
    WHERE rules.watched = 'SPEND'
        AND line_items.type IN ('usage', 'subscription')
        AND line_items.origin_line_item_id IS NULL
    UNION ALL
    SELECT
        segments_watched.alert_no,
        segments_watched.customer_id,
        segments_watched.credit_type_id,
        billing_period.starting_at,
        -segments_watched.opening
    FROM segments_watched
    CROSS JOIN billing_period
    ANTI JOIN grants ON grants.segment_id = segments_watched.segment_id
    UNION ALL
    SELECT
        segments_watched.alert_no,
        segments_watched.customer_id,
        segments_watched.credit_type_id,
        greatest(ledger.timestamp, billing_period.starting_at),
        -ledger.amount
    FROM segments_watched
    CROSS JOIN billing_period
    JOIN ledger ON ledger.segment_id = segments_watched.segment_id
),
instants AS (
    SELECT
        alert_no,
        customer_id,
        credit_type_id,
        moved_at,
        sum(trunc(amount)::DECIMAL(38, 0))::HUGEINT AS whole,
        sum(amount - trunc(amount)::DECIMAL(38, 26)) AS fraction
    FROM movements
    GROUP BY alert_no, customer_id, credit_type_id, moved_at
),
running AS (
    SELECT
        alert_no,
        customer_id,
        credit_type_id,
        moved_at,
        sum(whole) OVER until_then AS whole,
        sum(fraction) OVER until_then AS fraction
    FROM instants
    WINDOW until_then AS (PARTITION BY alert_no, customer_id, credit_type_id ORDER BY moved_at)
),
compared AS (
    SELECT
        running.alert_no,
        running.customer_id,
        running.credit_type_id,
        running.moved_at,
        try(limits.direction * (limits.whole::DECIMAL(38, 26) + limits.fraction)) AS threshold_amount,
        try(limits.direction * (running.whole::DECIMAL(38, 26) + running.fraction::DECIMAL(38, 26))) AS value,
        limits.fraction - running.fraction::DECIMAL(38, 26) AS fraction_missing,
        running.whole - limits.whole >= ceil(fraction_missing)::HUGEINT AS has_reached
    FROM running
    JOIN limits USING (alert_no, customer_id, credit_type_id)
),
reached AS (
    SELECT
        alert_no,
        customer_id,
        credit_type_id,
        any_value(threshold_amount) AS threshold_amount,
        arg_max_null(value, moved_at) AS value,
        min(moved_at) FILTER (has_reached) AS crossed_at
    FROM compared
    GROUP BY alert_no, customer_id, credit_type_id
    HAVING arg_max(has_reached, moved_at)
    UNION ALL
    SELECT alert_no, customer_id, credit_type_id, threshold_amount, value, crossed_at FROM invoices_reached
)
SELECT
    rules.alert_id,
    rules.alert_name,
    rules.alert_type,
    rules.customer_id,
    customers.customer_name,
    rules.credit_type_id,
    credit_types.credit_type_name AS currency,
    rules.threshold,
    reached.threshold_amount::DECIMAL(38, 26) AS threshold_amount,
    reached.value::DECIMAL(38, 26) AS value,
    reached.crossed_at
FROM reached
JOIN rules USING (alert_no, customer_id, credit_type_id)
JOIN customers ON customers.customer_id = rules.customer_id
JOIN credit_types ON credit_types.credit_type_id = rules.credit_type_id
ORDER BY rules.alert_no, customers.customer_name, rules.customer_id, rules.credit_type_id
