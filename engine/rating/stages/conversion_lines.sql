-- What is spent in custom pricing units worth in the invoice's currency?
-- One line for each unit that an invoice has spend in, at the rate card's price of the unit (spec/rating.md §11). The
-- lines in the unit stay on the invoice and are no part of its total.
-- Spend and a unit's price have at most 26 places together. What does not fit is NULL here and parked next.
-- Grain: invoice_id, converted_credit_type_id.
WITH within_range AS (
    -- Sums of the others might leave the range of amounts; they are parked next.
    SELECT contract_id
    FROM charges
    SEMI JOIN unit_conversions ON unit_conversions.rate_card_id = charges.rate_card_id
    GROUP BY contract_id
    HAVING sum(ceil(abs(total))::DECIMAL(38, 0)) < 500000000000
),
spent AS (
    SELECT
        charges.invoice_id,
        charges.contract_id,
        charges.customer_id,
        charges.rate_card_id,
        charges.credit_type_id,
        charges.period_starting_at,
        charges.period_ending_before,
        coalesce(charges.period_starting_at, charges.charged_at) AS starting_at,
        sum(charges.total) AS total
    FROM charges
    JOIN rate_cards USING (rate_card_id)
    SEMI JOIN unit_conversions ON unit_conversions.rate_card_id = charges.rate_card_id
    SEMI JOIN within_range ON within_range.contract_id = charges.contract_id
    WHERE charges.credit_type_id <> rate_cards.credit_type_id
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
    converted.invoice_id,
    converted.contract_id,
    converted.customer_id,
    converted.rate_card_id,
    'cpu_conversion' AS type,
    converted.starting_at AS charged_at,
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
