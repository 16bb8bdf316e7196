-- One row for each line of each invoice, with everything needed to explain it.
-- A part that a balance covers is followed by the line that takes it off, then by what is left of the charge.
-- In an invoice the products that the rate card orders come first, in its order; then usage, composite charges,
-- subscriptions, scheduled charges, corrections and conversions.
-- Sorted by numbers where there are any: the rows are wide and many, and texts would double the keys.
-- A consolidated invoice has copies of the lines of the invoices it puts together, each with its origin. All are made
-- in one go, because the rows are too wide to be kept meanwhile.
-- Grain: id.
WITH billed AS (
    SELECT
        lines.*,
        coalesce(group_values.pricing_group_values, '{}') AS pricing_group_values,
        coalesce(group_values.presentation_group_values, '{}') AS presentation_group_values,
        group_values.values_position,
        CASE WHEN lines.charged_at IS NULL THEN period_ending_before - to_microseconds(1) ELSE charged_at END AS named_at
    FROM billed_lines AS lines
    LEFT JOIN group_values ON group_values.values_no = lines.values_no
    ANTI JOIN parked ON parked.contract_id = lines.contract_id
),
own AS (
    SELECT
        derived_id('line_item', CASE WHEN billed.line_key IS NULL
            THEN [
                billed.invoice_id,
                billed.product_id,
                billed.pricing_group_values,
                billed.presentation_group_values,
                instant_text(billed.starting_at),
                coalesce(billed.own_tier_level, 0)::VARCHAR || coalesce('.' || billed.own_override_tier_level, '')
            ]
            ELSE [billed.invoice_id, billed.charge_type, coalesce(billed.product_id, ''), billed.line_key]
        END || CASE WHEN billed.commit_segment_id IS NULL THEN []
            ELSE [
                billed.drawn_as,
                billed.commit_segment_id,
                coalesce(billed.tier_level, 0)::VARCHAR || coalesce('.' || billed.override_tier_level, '')
            ]
        END) AS id,
        billed.invoice_id,
        billed.customer_id,
        billed.contract_id,
        billed.product_id,
        product_versions.product_name,
        coalesce(billed.own_name, product_versions.product_name || coalesce(billed.name_suffix, '')) AS name,
        billed.type,
        CASE WHEN billed.drawn_as IS DISTINCT FROM 'applied' THEN meters.billable_metric_id END AS billable_metric_id,
        CASE WHEN billed.drawn_as IS DISTINCT FROM 'applied' THEN meters.metric_name END AS metric_name,
        billed.pricing_group_values,
        billed.presentation_group_values,
        billed.period_starting_at,
        billed.period_ending_before,
        billed.starting_at,
        billed.ending_before,
        billed.quantity,
        billed.unit_price,
        billed.total,
        billed.credit_type_id,
        credit_types.credit_type_name AS currency,
        billed.tier_level,
        billed.tier_starting_at,
        billed.tier_ending_at,
        billed.override_tier_level,
        rates.rate_id,
        billed.billing_frequency,
        billed.list_unit_price,
        overrides.override_id,
        billed.override_type,
        billed.multiplier AS override_multiplier,
        billed.override_reason,
        billed.quantity_before,
        billed.quantity_after,
        try_cast(try(in_units(billed.value_before, products.value_unit)) AS DECIMAL(38, 18)) AS metric_value_before,
        try_cast(try(in_units(billed.value_after, products.value_unit)) AS DECIMAL(38, 18)) AS metric_value_after,
        billed.is_prorated,
        billed.subscription_id,
        billed.scheduled_charge_id,
        billed.discount_id,
        billed.commit_id,
        billed.commit_segment_id,
        billed.commit_type,
        billed.applied_balance_type,
        billed.access_type,
        billed.quantity_consumed,
        billed.in_total,
        products.custom_fields AS product_custom_fields,
        billed.custom_fields,
        CASE
            WHEN billed.charge_type = 'usage' THEN CASE products.product_type WHEN 'COMPOSITE' THEN 1 ELSE 0 END
            WHEN billed.charge_type = 'subscription' THEN 2
            WHEN billed.charge_type IN ('scheduled', 'commit_purchase') THEN 3
            WHEN billed.charge_type = 'correction' THEN 4
            ELSE 5
        END AS kind_position,
        billed.product_position,
        products.product_no,
        billed.values_position,
        CASE WHEN billed.charge_type = 'cpu_conversion' THEN billed.charge_name END AS conversion_name,
        billed.line_key,
        billed.own_tier_level,
        billed.own_override_tier_level,
        billed.cover_no,
        billed.drawn_as
    FROM billed
    JOIN credit_types ON credit_types.credit_type_id = billed.credit_type_id
    LEFT JOIN products ON products.product_id = billed.product_id
    LEFT JOIN product_versions
        ON product_versions.product_id = billed.product_id
        AND product_versions.starting_at <= billed.named_at
        AND billed.named_at < product_versions.ending_before
    LEFT JOIN meters ON meters.meter_id = billed.meter_id
    LEFT JOIN rates ON rates.rate_no = billed.rate_no
    LEFT JOIN overrides ON overrides.override_no = billed.price_override_no
),
placings AS (
    -- A line that is not consolidated has none, and stands where it is.
    SELECT source_invoice_id, invoice_id, customer_id, contract_id, period_starting_at, period_ending_before
    FROM consolidations
    UNION ALL
    SELECT DISTINCT source_invoice_id, NULL, NULL, NULL, NULL, NULL
    FROM consolidations
)
SELECT
    own.* EXCLUDE (
        kind_position, product_position, product_no, values_position, conversion_name, line_key, own_tier_level,
        own_override_tier_level, cover_no, drawn_as
    ) REPLACE (
        CASE WHEN placings.invoice_id IS NULL THEN own.id
            ELSE derived_id('line_item', [placings.invoice_id, own.id])
        END AS id,
        coalesce(placings.invoice_id, own.invoice_id) AS invoice_id,
        CASE WHEN placings.invoice_id IS NULL THEN own.customer_id ELSE placings.customer_id END AS customer_id,
        CASE WHEN placings.invoice_id IS NULL THEN own.contract_id ELSE placings.contract_id END AS contract_id,
        CASE WHEN placings.invoice_id IS NULL THEN own.period_starting_at ELSE placings.period_starting_at
        END AS period_starting_at,
        CASE WHEN placings.invoice_id IS NULL THEN own.period_ending_before ELSE placings.period_ending_before
        END AS period_ending_before
    ),
    CASE WHEN placings.invoice_id IS NOT NULL THEN own.customer_id END AS origin_customer_id,
    CASE WHEN placings.invoice_id IS NOT NULL THEN own.contract_id END AS origin_contract_id,
    CASE WHEN placings.invoice_id IS NOT NULL THEN own.invoice_id END AS origin_invoice_id,
    CASE WHEN placings.invoice_id IS NOT NULL THEN own.id END AS origin_line_item_id
FROM own
LEFT JOIN placings ON placings.source_invoice_id = own.invoice_id
ORDER BY
    coalesce(placings.invoice_id, own.invoice_id), product_position, kind_position, product_no, values_position,
    starting_at, own_tier_level, own_override_tier_level, conversion_name, line_key, origin_customer_id,
    origin_invoice_id, cover_no, drawn_as DESC, origin_line_item_id
