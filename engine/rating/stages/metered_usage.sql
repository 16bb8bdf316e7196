-- What did each group use in its statement period, by the metric that metered it?
-- `metric_value_before` and `metric_value_after` are the metric's running value where its part of the period begins and
-- ends, NULL when a published number cannot hold it; `quantity` is what the group's lines, unrated usage and usage without
-- entitlement come to together. This is what reconciliation holds against the events and against the invoices.
-- Grain: contract_id, product_id, billable_metric_id, pricing_group_values, presentation_group_values, period_starting_at.
WITH measured AS (
    SELECT
        product_period_no,
        values_no,
        meter_id,
        arg_min(value_before, segment_no) AS value_before,
        arg_max(value_after, segment_no) AS value_after,
        sum(quantity_after::DECIMAL(38, 18) - quantity_before::DECIMAL(38, 18)) AS quantity
    FROM convert_and_round
    GROUP BY product_period_no, values_no, meter_id
),
groups AS (
    SELECT
        product_periods.customer_id,
        product_periods.contract_id,
        product_periods.product_id,
        meters.billable_metric_id,
        meters.metric_name,
        group_values.pricing_group_values,
        group_values.presentation_group_values,
        product_periods.period_starting_at,
        product_periods.period_ending_before,
        any_value(products.value_unit) AS value_unit,
        arg_min(measured.value_before, product_periods.stretch_no) AS value_before,
        arg_max(measured.value_after, product_periods.stretch_no) AS value_after,
        sum(measured.quantity)::DECIMAL(38, 18) AS quantity
    FROM measured
    JOIN product_periods USING (product_period_no)
    JOIN group_values USING (values_no)
    JOIN meters USING (meter_id)
    JOIN products ON products.product_id = product_periods.product_id
    ANTI JOIN parked ON parked.contract_id = product_periods.contract_id
    GROUP BY ALL
)
SELECT
    * EXCLUDE (value_unit, value_before, value_after, quantity),
    try_cast(try(in_units(value_before, value_unit)) AS DECIMAL(38, 18)) AS metric_value_before,
    try_cast(try(in_units(value_after, value_unit)) AS DECIMAL(38, 18)) AS metric_value_after,
    quantity
FROM groups
ORDER BY ALL
