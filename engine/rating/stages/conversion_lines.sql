-- What is spent in custom pricing units worth in the invoice's currency?
-- One line for each unit that an invoice has spend in that no balance covers, at the rate card's price of the unit
-- (spec/rating.md §11). The lines in the unit stay on the invoice and are no part of its total.
-- Spend and a unit's price have at most 26 places together. What does not fit is NULL here and parked next.
-- Grain: invoice_id, converted_credit_type_id.
WITH covered AS (
    SELECT coverable_lines.charge_no, sum(coverable_lines.total - coverable_left.amount) AS amount
    FROM coverable_lines
    JOIN coverable_left USING (line_no)
    WHERE NOT coverable_lines.is_money
    GROUP BY coverable_lines.charge_no
),
uncovered AS (
    -- Sums of what is parked might leave the range of amounts.
    SELECT charges.*, NULL::BIGINT AS pool_no
    FROM charges
    SEMI JOIN unit_conversions ON unit_conversions.rate_card_id = charges.rate_card_id
    ANTI JOIN parked_charges ON parked_charges.contract_id = charges.contract_id
    ANTI JOIN drawing_contracts ON drawing_contracts.contract_id = charges.contract_id
    UNION ALL BY NAME
    SELECT
        drawn_charges.* EXCLUDE (charge_no, total),
        drawn_charges.total - coalesce(covered.amount, 0)::DECIMAL(38, 26) AS total,
        drawing_contracts.pool_no
    FROM drawn_charges
    SEMI JOIN unit_conversions ON unit_conversions.rate_card_id = drawn_charges.rate_card_id
    JOIN drawing_contracts ON drawing_contracts.contract_id = drawn_charges.contract_id
    LEFT JOIN covered ON covered.charge_no = drawn_charges.charge_no
),
spent AS (
    SELECT
        uncovered.invoice_id,
        uncovered.contract_id,
        uncovered.customer_id,
        uncovered.rate_card_id,
        uncovered.credit_type_id,
        uncovered.pool_no,
        uncovered.period_starting_at,
        uncovered.period_ending_before,
        coalesce(uncovered.period_starting_at, uncovered.charged_at) AS starting_at,
        sum(uncovered.total) AS total
    FROM uncovered
    JOIN rate_cards USING (rate_card_id)
    WHERE uncovered.credit_type_id <> rate_cards.credit_type_id
    GROUP BY ALL
),
converted AS (
    SELECT
        spent.*,
        exactly_18(spent.total) AS quantity,
        unit_conversions.fiat_per_custom_credit AS unit_price
    FROM spent
    JOIN unit_conversions
        ON unit_conversions.rate_card_id = spent.rate_card_id
        AND unit_conversions.credit_type_id = spent.credit_type_id
    WHERE spent.total <> 0
)
SELECT
    -row_number() OVER () AS charge_no,
    converted.pool_no,
    converted.invoice_id,
    converted.contract_id,
    converted.customer_id,
    converted.rate_card_id,
    'cpu_conversion' AS type,
    converted.starting_at AS charged_at,
    coalesce(converted.period_ending_before - to_microseconds(1), converted.starting_at) AS covered_at,
    converted.credit_type_id AS line_key,
    converted.credit_type_id AS converted_credit_type_id,
    custom_units.credit_type_name || ' to ' || fiats.credit_type_name AS own_name,
    rate_cards.credit_type_id,
    converted.period_starting_at,
    converted.period_ending_before,
    converted.starting_at,
    converted.period_ending_before AS ending_before,
    converted.quantity,
    converted.unit_price::DECIMAL(38, 18) AS unit_price,
    exact_product(converted.quantity, converted.unit_price) AS total
FROM converted
JOIN rate_cards USING (rate_card_id)
JOIN credit_types AS custom_units ON custom_units.credit_type_id = converted.credit_type_id
JOIN credit_types AS fiats ON fiats.credit_type_id = rate_cards.credit_type_id
