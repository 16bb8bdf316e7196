-- What is on no invoice, and why?
-- Usage, spend under a composite charge, and subscriptions that had no price or that the contract is not entitled to.
-- `statement_invoice_id` is the invoice that it would be on.
-- Grain: contract_id, product_id, group values, starting_at, subscription_id.
WITH all_unbilled AS (
    SELECT
        settle.outcome,
        product_periods.invoice_id AS statement_invoice_id,
        product_periods.customer_id,
        product_periods.contract_id,
        product_periods.product_id,
        settle.meter_id,
        group_values.pricing_group_values,
        group_values.presentation_group_values,
        settle.starting_at,
        settle.ending_before,
        product_periods.period_ending_before - to_microseconds(1) AS named_at,
        (settle.quantity_after - settle.quantity_before)::DECIMAL(38, 18) AS quantity
    FROM settle
    JOIN product_periods USING (product_period_no)
    JOIN group_values USING (values_no)
    WHERE settle.outcome <> 'billed'
        AND settle.quantity_after <> settle.quantity_before
    UNION ALL BY NAME
    SELECT
        outcome,
        invoice_id AS statement_invoice_id,
        customer_id,
        contract_id,
        product_id,
        '{}' AS pricing_group_values,
        '{}' AS presentation_group_values,
        starting_at,
        ending_before,
        period_ending_before - to_microseconds(1) AS named_at,
        spend::DECIMAL(38, 18) AS quantity
    FROM composite_settle
    WHERE outcome <> 'billed'
        AND spend <> 0
    UNION ALL BY NAME
    SELECT
        outcome,
        invoice_id AS statement_invoice_id,
        customer_id,
        contract_id,
        product_id,
        '{}' AS pricing_group_values,
        '{}' AS presentation_group_values,
        starting_at,
        ending_before,
        charged_at AS named_at,
        subscription_id,
        quantity::DECIMAL(38, 18) AS quantity
    FROM subscription_unbilled
)
SELECT
    all_unbilled.outcome,
    all_unbilled.customer_id,
    all_unbilled.contract_id,
    all_unbilled.product_id,
    product_versions.product_name,
    meters.metric_name,
    all_unbilled.pricing_group_values,
    all_unbilled.presentation_group_values,
    all_unbilled.starting_at,
    all_unbilled.ending_before,
    all_unbilled.subscription_id,
    all_unbilled.quantity,
    all_unbilled.statement_invoice_id
FROM all_unbilled
JOIN product_versions
    ON product_versions.product_id = all_unbilled.product_id
    AND product_versions.starting_at <= all_unbilled.named_at
    AND all_unbilled.named_at < product_versions.ending_before
LEFT JOIN meters ON meters.meter_id = all_unbilled.meter_id
ANTI JOIN parked ON parked.contract_id = all_unbilled.contract_id
