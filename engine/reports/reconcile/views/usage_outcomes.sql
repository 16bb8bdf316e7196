-- What was metered of each group, and what became of it: on lines, without a rate, or without entitlement.
-- What is on void invoices, or would have been, does not count. Usage that turns up on a line without having been metered
-- is here, too.
-- Grain: contract_id, product_id, metric_name, pricing_group_values, presentation_group_values, period_starting_at.
WITH outcomes AS (
    SELECT
        contract_id,
        product_id,
        metric_name,
        pricing_group_values,
        presentation_group_values,
        period_starting_at,
        quantity AS metered,
        0::DECIMAL(38, 18) AS rated,
        0::DECIMAL(38, 18) AS unrated,
        0::DECIMAL(38, 18) AS not_entitled
    FROM metered_usage
    UNION ALL BY NAME
    SELECT
        line_items.contract_id,
        line_items.product_id,
        line_items.metric_name,
        line_items.pricing_group_values,
        line_items.presentation_group_values,
        line_items.period_starting_at,
        0::DECIMAL(38, 18) AS metered,
        line_items.quantity AS rated,
        0::DECIMAL(38, 18) AS unrated,
        0::DECIMAL(38, 18) AS not_entitled
    FROM line_items
    JOIN invoices ON invoices.id = line_items.invoice_id
    WHERE line_items.billable_metric_id IS NOT NULL
        AND line_items.type = 'usage'
        AND line_items.origin_line_item_id IS NULL
        AND invoices.status <> 'VOID'
    UNION ALL BY NAME
    SELECT
        unbilled.contract_id,
        unbilled.product_id,
        unbilled.metric_name,
        unbilled.pricing_group_values,
        unbilled.presentation_group_values,
        invoices.starting_at AS period_starting_at,
        0::DECIMAL(38, 18) AS metered,
        0::DECIMAL(38, 18) AS rated,
        unbilled.unrated,
        unbilled.not_entitled
    FROM (
        SELECT *, quantity AS unrated, 0::DECIMAL(38, 18) AS not_entitled FROM unrated
        UNION ALL BY NAME
        SELECT *, 0::DECIMAL(38, 18) AS unrated, quantity AS not_entitled FROM not_entitled
    ) AS unbilled
    LEFT JOIN invoices ON invoices.id = unbilled.statement_invoice_id
    WHERE unbilled.metric_name IS NOT NULL AND coalesce(invoices.status, '') <> 'VOID'
)
SELECT
    contract_id,
    product_id,
    metric_name,
    pricing_group_values,
    presentation_group_values,
    period_starting_at,
    sum(metered)::DECIMAL(38, 18) AS metered,
    sum(rated)::DECIMAL(38, 18) AS rated,
    sum(unrated)::DECIMAL(38, 18) AS unrated,
    sum(not_entitled)::DECIMAL(38, 18) AS not_entitled
FROM outcomes
GROUP BY ALL
