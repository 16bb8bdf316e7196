-- Every line of our invoices, as an export would have it, with what explains it.
-- Grain: line_no.
WITH grouped AS (
    SELECT
        lines.*,
        invoice_sides.invoice_no,
        lines.type = 'applied_commit_or_credit' AS is_applied,
        lines.in_total AND lines.credit_type_id = invoice_sides.credit_type_id AS counts,
        array_to_string([
            coalesce(lines.product_id, ''),
            pricing.key,
            CASE
                WHEN stated_groups.is_whole OR (stated_groups.is_one_key AND NOT contains(presentation.key, chr(29)))
                    THEN presentation.key
                ELSE ''
            END,
            lines.credit_type_id
        ], chr(27)) AS group_key
    FROM billed_line_items AS lines
    JOIN invoice_sides ON invoice_sides.our_invoice_id = lines.invoice_id
    CROSS JOIN stated_groups
    JOIN value_keys AS pricing ON pricing.written = lines.pricing_group_values
    JOIN value_keys AS presentation ON presentation.written = lines.presentation_group_values
)
SELECT
    row_number() OVER (ORDER BY invoice_no, id) AS line_no,
    invoice_no,
    id AS line_id,
    product_id,
    name,
    type,
    pricing_group_values,
    presentation_group_values,
    starting_at,
    ending_before,
    CASE WHEN NOT is_applied THEN quantity END AS quantity,
    CASE WHEN NOT is_applied THEN unit_price::DECIMAL(38, 26) END AS unit_price,
    total,
    credit_type_id,
    commit_id,
    subscription_id,
    coalesce(is_prorated, false) AS is_prorated,
    is_applied,
    counts,
    group_key,
    line_keys(
        id, group_key, starting_at, commit_id, is_applied, unit_price::DECIMAL(38, 26),
        CASE WHEN is_applied THEN 1::DECIMAL(38, 18) ELSE quantity END, total
    ) AS keys,
    tier_level,
    rate_id,
    list_unit_price,
    override_id,
    override_multiplier,
    -- What a copy on a consolidated invoice is of, the invoice that it repeats tells.
    CASE WHEN origin_line_item_id IS NULL THEN billable_metric_id END AS billable_metric_id,
    coalesce(origin_contract_id, contract_id) AS contract_id,
    period_starting_at,
    period_ending_before
FROM grouped
