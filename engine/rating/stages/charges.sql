-- Every line that something is charged on, whatever for: usage, composite charges, subscriptions, scheduled charges,
-- corrections, which are in the unit that the corrected lines were priced in.
-- What a custom pricing unit is worth in money is not here yet: that takes the sum of these.
-- Grain: invoice_id, type, product_id, line_key, values_no, starting_at, tier_level, override_tier_level.
WITH usage_lines AS (
    SELECT
        product_periods.invoice_id,
        product_periods.contract_id,
        product_periods.customer_id,
        product_periods.rate_card_id,
        'usage' AS type,
        product_periods.product_id,
        price.meter_id,
        price.values_no,
        price.usage_no,
        product_periods.period_starting_at,
        product_periods.period_ending_before,
        price.starting_at,
        price.ending_before,
        price.quantity::DECIMAL(38, 18) AS quantity,
        price.unit_price::DECIMAL(38, 18) AS unit_price,
        price.total,
        price.tier_level,
        CASE WHEN price.tier_level IS NOT NULL THEN coalesce(price.tier_starting_at, 0)::DECIMAL(38, 18)
        END AS tier_starting_at,
        price.tier_ending_at::DECIMAL(38, 18) AS tier_ending_at,
        price.override_tier_level,
        price.rate_no,
        CASE WHEN price.override_type IS DISTINCT FROM 'OVERWRITE' THEN price.price::DECIMAL(38, 18)
        END AS list_unit_price,
        price.price_override_no,
        price.override_reason,
        price.override_type,
        price.multiplier::DECIMAL(38, 18) AS multiplier,
        price.quantity_before::DECIMAL(38, 18) AS quantity_before,
        price.quantity_after::DECIMAL(38, 18) AS quantity_after,
        price.value_before,
        price.value_after,
        price.position_before::DECIMAL(38, 18) AS position_before,
        price.position_after::DECIMAL(38, 18) AS position_after,
        price.priced_at AS covered_at
    FROM price
    JOIN product_periods USING (product_period_no)
    ANTI JOIN parked_usage ON parked_usage.contract_id = product_periods.contract_id
),
lines AS (
    SELECT * FROM usage_lines
    UNION ALL BY NAME
    SELECT * REPLACE (multiplier::DECIMAL(38, 18) AS multiplier), ending_before - to_microseconds(1) AS covered_at
    FROM composite_lines
    UNION ALL BY NAME
    SELECT * EXCLUDE (outcome, subscription_name) REPLACE (multiplier::DECIMAL(38, 18) AS multiplier),
        subscription_name AS own_name,
        starting_at AS covered_at
    FROM subscription_lines
    UNION ALL BY NAME
    SELECT * EXCLUDE (outcome, charge_name), charge_name AS own_name FROM scheduled_lines
    UNION ALL BY NAME
    SELECT * FROM correction_lines
)
SELECT
    lines.* EXCLUDE (credit_type_id),
    coalesce(lines.credit_type_id, rate_card_products.credit_type_id, rate_cards.credit_type_id) AS credit_type_id,
    product_orders.position AS product_position
FROM lines
JOIN rate_cards USING (rate_card_id)
LEFT JOIN rate_card_products
    ON rate_card_products.rate_card_id = lines.rate_card_id
    AND rate_card_products.product_id = lines.product_id
LEFT JOIN product_orders
    ON product_orders.rate_card_id = lines.rate_card_id
    AND product_orders.product_id = lines.product_id
