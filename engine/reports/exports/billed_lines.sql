-- What is owed of every invoice, line by line, in whole units of its currency: dollars, not cents.
-- Void invoices are not owed, and consolidated ones only repeat the lines of others. `role` says what a row is:
--   charge      something charged; `amount` is what it came to, `invoiced` the same
--   applied     what a balance took off a charge; `amount` is zero, `invoiced` below zero
--   reassigned  a conversion into money that a balance covers: the amount once in the balance's category and once,
--               below zero, in that of the usage that was converted; `invoiced` as `amount`
--   rounding    what rounds the invoice to what is payable
-- Conversions of custom pricing units are no rows of their own: each line in such a unit is worth what its rate card
-- says of the unit, and an invoice's lines come to exactly what its conversion does. An amount that has more than 26
-- places in whole units is NULL, which nobody who adds up may overlook.
-- Grain: invoice_id, row_no, place.
WITH owed AS (
    SELECT
        invoices.* EXCLUDE (run_id),
        invoices.run_id AS published_by,
        whole_names.name AS whole_currency,
        whole_names.is_cents
    FROM published_invoices AS invoices
    JOIN whole_names USING (currency)
    WHERE invoices.status <> 'VOID' AND invoices.type <> 'USAGE_CONSOLIDATED'
),
converted AS (
    -- At what price an invoice converts a unit; the catalog of its month says it where nothing is left to convert.
    SELECT invoice_id, billing_period, name, any_value(unit_price) AS unit_price
    FROM published_line_items
    WHERE type = 'cpu_conversion'
    GROUP BY ALL
),
lines AS (
    SELECT
        lines.*,
        owed.status,
        owed.type AS invoice_type,
        owed.customer_name,
        owed.published_by,
        owed.starting_at AS invoice_starting_at,
        owed.ending_before AS invoice_ending_before,
        owed.issued_at,
        owed.whole_currency,
        owed.is_cents,
        lines.credit_type_id <> owed.credit_type_id AS is_in_units,
        coalesce(converted.unit_price, unit_prices.unit_price) AS unit_value,
        kinds.kind AS purchased_kind
    FROM published_line_items AS lines
    JOIN owed ON owed.id = lines.invoice_id AND owed.billing_period = lines.billing_period
    LEFT JOIN converted
        ON converted.invoice_id = lines.invoice_id
        AND converted.billing_period = lines.billing_period
        AND converted.name = lines.currency || ' to ' || owed.currency
    LEFT JOIN unit_prices
        ON unit_prices.billing_period = lines.billing_period
        AND unit_prices.contract_id = lines.contract_id
        AND unit_prices.credit_type_id = lines.credit_type_id
    LEFT JOIN (SELECT DISTINCT balance_id, kind FROM published_segment_balances) AS kinds
        ON kinds.balance_id = lines.commit_id
),
valued AS (
    SELECT
        *,
        in_whole_units(
            CASE WHEN is_in_units THEN exact_product(exactly_18(total), unit_value) ELSE total END, is_cents
        ) AS worth,
        CASE
            WHEN type = 'commit_purchase' AND purchased_kind = 'POSTPAID' THEN 'true_up'
            WHEN type = 'commit_purchase' THEN 'commit_purchase'
            WHEN applied_balance_type = 'PREPAID' THEN 'prepaid_commit_drawdown'
            WHEN applied_balance_type = 'POSTPAID' THEN 'postpaid_commit_drawdown'
            WHEN applied_balance_type = 'CREDIT' THEN 'credit_drawdown'
            WHEN type IN ('subscription', 'scheduled') THEN type
            ELSE 'on_demand_usage'
        END AS category
    FROM lines
),
placed AS (
    SELECT
        'charge' AS role, 1 AS place, category, worth AS amount, worth AS invoiced, *
        EXCLUDE (category, worth, purchased_kind)
    FROM valued
    WHERE type NOT IN ('applied_commit_or_credit', 'cpu_conversion')
    UNION ALL BY NAME
    -- In a unit also what a postpaid commit covers is not converted, and so not owed yet.
    SELECT
        'applied' AS role, 1 AS place, category, 0::DECIMAL(38, 26) AS amount, worth AS invoiced, *
        EXCLUDE (category, worth, purchased_kind)
    FROM valued
    WHERE type = 'applied_commit_or_credit' AND (in_total OR is_in_units)
    UNION ALL BY NAME
    SELECT
        'reassigned' AS role, place, CASE place WHEN 1 THEN category ELSE 'on_demand_usage' END AS category,
        CASE place WHEN 1 THEN worth ELSE -worth END AS amount, amount AS invoiced, *
        EXCLUDE (category, worth, purchased_kind, place)
    FROM valued
    CROSS JOIN (VALUES (1), (2)) AS places (place)
    WHERE type = 'cpu_conversion' AND applied_balance_type IS NOT NULL
    UNION ALL BY NAME
    SELECT
        'rounding' AS role,
        1 AS place,
        'rounding' AS category,
        in_whole_units(rounding_residual, is_cents) AS amount,
        amount AS invoiced,
        billing_period,
        id AS invoice_id,
        customer_id,
        customer_name,
        contract_id,
        'rounding' AS type,
        'Rounding to what is payable' AS name,
        '{}' AS pricing_group_values,
        '{}' AS presentation_group_values,
        coalesce(starting_at, issued_at) AS starting_at,
        ending_before,
        false AS is_in_units,
        status,
        type AS invoice_type,
        published_by,
        starting_at AS invoice_starting_at,
        ending_before AS invoice_ending_before,
        issued_at,
        whole_currency,
        is_cents,
        9223372036854775807 AS row_no
    FROM owed
    WHERE rounding_residual <> 0
)
SELECT
    *,
    strftime(coalesce(ending_before - to_microseconds(1), starting_at), '%Y-%m') AS service_month
FROM placed
