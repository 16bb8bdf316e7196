-- What does each part of a subscription cost?
-- The price is an overwrite's own, else the rate's, times the multiplier if there is one; it is flat, so it has one row
-- in price_tiers. A whole period costs exactly that. Part of a period costs the share that its time is of the whole
-- period's, rounded once, from the exact fraction: as the subscription asks, else half away from zero at 12 places as
-- every quotient (spec/rating.md §12, §17 Q17).
-- The price is kept as a fraction of two whole numbers, in lowest terms so that neither outgrows them, until then.
-- A unit price has at most 18 places and a quantity 8, so that an amount has at most 26. What does not fit exactly is
-- NULL here and parks the contract later. `list_unit_price` is the list's for a whole period.
-- Grain: invoice_id, line_key.
WITH priced AS (
    SELECT
        subscription_parts.*,
        subscriptions.subscription_id,
        subscriptions.subscription_name,
        subscriptions.custom_fields,
        coalesce(subscriptions.rounding_method, 'HALF_UP') AS rounding_method,
        coalesce(subscriptions.rounding_places, 12) AS rounding_places,
        prices_in_force.rate_no,
        prices_in_force.price_override_no,
        prices_in_force.override_reason,
        overrides.override_type,
        overrides.multiplier,
        list_price.price AS list_price,
        CASE WHEN overrides.override_type = 'OVERWRITE' THEN own_price.price ELSE list_price.price END AS price
    FROM subscription_parts
    JOIN subscriptions USING (subscription_no)
    JOIN prices_in_force
        ON prices_in_force.contract_id = subscription_parts.contract_id
        AND prices_in_force.product_id = subscription_parts.product_id
        AND prices_in_force.billing_frequency = subscription_parts.billing_frequency
        AND prices_in_force.priced_at = subscription_parts.priced_at
    LEFT JOIN overrides ON overrides.override_no = prices_in_force.price_override_no
    LEFT JOIN price_tiers AS list_price ON list_price.rate_no = prices_in_force.rate_no
    LEFT JOIN price_tiers AS own_price ON own_price.override_no = prices_in_force.price_override_no
    WHERE prices_in_force.outcome = 'billed'
),
whole AS (
    SELECT
        *,
        try(unscaled(price) * coalesce(unscaled(multiplier), 1::HUGEINT)) AS price_units,
        power_of_ten(decimal_places(price) + coalesce(decimal_places(multiplier), 0)) AS price_unit,
        gcd(price_units, price_unit) AS common,
        gcd(part_microseconds, period_microseconds) AS common_time
    FROM priced
),
fractions AS (
    SELECT
        *,
        try((price_units // common) * (part_microseconds // common_time)) AS numerator,
        try((price_unit // common) * (period_microseconds // common_time)) AS denominator
    FROM whole
),
unit_prices AS (
    SELECT
        *,
        CASE
            WHEN is_prorated
            THEN try(in_places(
                rounded_quotient(numerator, denominator, rounding_method, rounding_places), rounding_places
            ))
            ELSE try(in_places(exact_quotient(numerator, denominator), 18))
        END AS unit_price
    FROM fractions
)
SELECT
    invoice_id,
    contract_id,
    customer_id,
    rate_card_id,
    'subscription' AS type,
    product_id,
    array_to_string(['subscription', subscription_id, instant_text(starting_at)], chr(31)) AS line_key,
    starting_at,
    ending_before,
    charged_at,
    period_starting_at,
    period_ending_before,
    try_cast(quantity AS DECIMAL(38, 18)) AS quantity,
    unit_price,
    try(quantity::DECIMAL(38, 8) * unit_price::DECIMAL(38, 18)) AS total,
    CASE
        WHEN override_type IS DISTINCT FROM 'OVERWRITE' THEN try_cast(list_price AS DECIMAL(38, 18))
    END AS list_unit_price,
    rate_no,
    price_override_no,
    override_reason,
    override_type,
    multiplier,
    billing_frequency,
    is_prorated,
    subscription_id,
    subscription_name,
    custom_fields,
    'billed' AS outcome
FROM unit_prices
