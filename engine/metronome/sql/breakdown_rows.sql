-- The lines of breakdowns, one for each line of an invoice and day, as the tables of an export have them.
-- `exported_breakdowns` has the columns of `reports/breakdown.sql`. A line that the cuts of days left whole goes by its
-- own id; of any other, line_item_id is the one line that it is part of, or NULL where more than one could be meant.
-- Grain: id.
WITH pieces AS (
    SELECT *, row_number() OVER () AS position FROM exported_breakdowns
),
candidates AS (
    SELECT pieces.position, any_value(lines.id) AS line_item_id
    FROM pieces
    JOIN exported_lines AS lines
        ON lines.invoice_id = pieces.invoice_id
        AND lines.type = pieces.type
        AND lines.product_id IS NOT DISTINCT FROM pieces.product_id
        AND lines.name = pieces.name
        AND lines.pricing_group_values = pieces.pricing_group_values
        AND lines.presentation_group_values = pieces.presentation_group_values
        AND lines.rate_id IS NOT DISTINCT FROM pieces.rate_id
        AND lines.override_id IS NOT DISTINCT FROM pieces.override_id
        AND lines.tier_level IS NOT DISTINCT FROM pieces.tier_level
        AND lines.override_tier_level IS NOT DISTINCT FROM pieces.override_tier_level
        AND lines.commit_segment_id IS NOT DISTINCT FROM pieces.commit_segment_id
        AND lines.subscription_id IS NOT DISTINCT FROM pieces.subscription_id
        AND lines.scheduled_charge_id IS NOT DISTINCT FROM pieces.scheduled_charge_id
        AND lines.starting_at <= pieces.starting_at
        AND (lines.ending_before > pieces.starting_at OR lines.ending_before IS NULL)
    WHERE pieces.id NOT IN (SELECT id FROM exported_lines)
    GROUP BY pieces.position
    HAVING count(*) = 1
)
SELECT
    derived_id('line_item_breakdown', [pieces.id, instant_text(pieces.window_starting_at)]) AS id,
    'PRODUCTION' AS environment_type,
    transfer.now AS snapshot_timestamp,
    transfer.now AS watermark_timestamp,
    derived_id('invoice_breakdown', [pieces.invoice_id, instant_text(pieces.window_starting_at)])
        AS invoice_breakdown_id,
    pieces.name,
    only_key(nullif(pieces.presentation_group_values, '{}')) AS group_key,
    only_value(nullif(pieces.presentation_group_values, '{}')) AS group_value,
    CASE WHEN pieces.type = 'applied_commit_or_credit' THEN 1 ELSE pieces.quantity END AS quantity,
    pieces.total,
    CASE WHEN pieces.type <> 'applied_commit_or_credit' THEN pieces.unit_price END AS unit_price,
    pieces.product_id,
    exported_products.product_type,
    pieces.credit_type_id,
    pieces.currency AS credit_type_name,
    pieces.commit_id,
    pieces.commit_segment_id,
    pieces.commit_type,
    pieces.subscription_id,
    pieces.is_prorated,
    coalesce(lines.id, candidates.line_item_id) AS line_item_id,
    line_item_type(pieces.type) AS line_item_type,
    nullif(pieces.custom_fields, '{}') AS custom_fields,
    group_pairs(nullif(pieces.pricing_group_values, '{}')) AS pricing_group_values,
    group_pairs(nullif(pieces.presentation_group_values, '{}')) AS presentation_group_values,
    pieces.billable_metric_id,
    CASE WHEN nullif(pieces.product_custom_fields, '{}') IS NOT NULL
        THEN to_json({'product_custom_fields': pieces.product_custom_fields::JSON})::VARCHAR
    END AS metadata,
    pieces.window_starting_at AS breakdown_start_timestamp,
    pieces.window_ending_before AS breakdown_end_timestamp,
    invoice_rows.updated_at,
    pieces.in_total AS duckbill_in_total,
    pieces.invoice_id,
    invoice_rows.status
FROM pieces
JOIN invoice_rows ON invoice_rows.id = pieces.invoice_id
CROSS JOIN transfer
LEFT JOIN candidates ON candidates.position = pieces.position
LEFT JOIN exported_lines AS lines ON lines.id = pieces.id
LEFT JOIN exported_products ON exported_products.product_id = pieces.product_id
ORDER BY pieces.position
