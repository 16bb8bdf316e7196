-- One row for each line of each invoice, with everything needed to explain it.
-- Grain: id (contract, statement period, product, group values, starting_at, tier).
WITH lines AS (
    SELECT
        statement_periods.invoice_id,
        price.*,
        json_of(price.pricing_keys, price.pricing_values) AS pricing_group_values,
        json_of(price.presentation_keys, price.presentation_values) AS presentation_group_values
    FROM price
    JOIN statement_periods USING (contract_id, period_starting_at)
    ANTI JOIN parked ON parked.contract_id = price.contract_id
)
SELECT
    derived_id('line_item', [
        lines.invoice_id,
        lines.product_id,
        lines.pricing_group_values,
        lines.presentation_group_values,
        instant_text(lines.starting_at),
        coalesce(lines.tier_level, 0)::VARCHAR
    ]) AS id,
    lines.invoice_id,
    lines.customer_id,
    lines.contract_id,
    lines.product_id,
    usage_products.product_name,
    'usage' AS type,
    meters.billable_metric_id,
    meters.metric_name,
    lines.pricing_group_values,
    lines.presentation_group_values,
    lines.period_starting_at,
    lines.period_ending_before,
    lines.starting_at,
    lines.ending_before,
    lines.quantity::DECIMAL(38, 18) AS quantity,
    lines.unit_price::DECIMAL(38, 18) AS unit_price,
    lines.total,
    rate_cards.currency,
    lines.tier_level,
    CASE WHEN lines.tier_level IS NOT NULL THEN coalesce(lines.tier_starting_at, 0)::DECIMAL(38, 18) END AS tier_starting_at,
    lines.tier_ending_at::DECIMAL(38, 18) AS tier_ending_at,
    list_price.rate_id,
    CASE WHEN lines.override_type IS DISTINCT FROM 'OVERWRITE' THEN lines.price::DECIMAL(38, 18) END AS list_unit_price,
    overrides.override_id,
    lines.override_type,
    lines.multiplier::DECIMAL(38, 18) AS override_multiplier,
    lines.quantity_before::DECIMAL(38, 18) AS quantity_before,
    lines.quantity_after::DECIMAL(38, 18) AS quantity_after,
    try_cast(try(in_units(lines.value_before, usage_products.value_unit)) AS DECIMAL(38, 18)) AS metric_value_before,
    try_cast(try(in_units(lines.value_after, usage_products.value_unit)) AS DECIMAL(38, 18)) AS metric_value_after
FROM lines
JOIN usage_products ON usage_products.product_id = lines.product_id
JOIN meters ON meters.meter_id = lines.meter_id
JOIN rate_cards ON rate_cards.rate_card_id = lines.rate_card_id
LEFT JOIN rates AS list_price ON list_price.rate_no = lines.rate_no
LEFT JOIN overrides ON overrides.override_no = lines.price_override_no
ORDER BY
    lines.invoice_id, usage_products.product_no, lines.pricing_group_values, lines.presentation_group_values,
    lines.starting_at, lines.tier_level, id
