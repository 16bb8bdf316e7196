-- Every line of the invoices that an export shows, as its tables of lines have them.
-- What takes a covered part off an invoice has no unit price of its own and counts once. A presentation group of one key
-- stands in the columns of the group key.
-- Grain: id.
WITH lines AS (
    SELECT
        exported_lines.*,
        row_number() OVER () AS position,
        nullif(pricing_group_values, '{}') AS pricing_values,
        nullif(presentation_group_values, '{}') AS presentation_values,
        type = 'applied_commit_or_credit' AS is_applied
    FROM exported_lines
)
SELECT
    transfer.now::VARCHAR || ' ' || lines.id AS _metronome_metadata_id,
    lines.id,
    'PRODUCTION' AS environment_type,
    transfer.now AS snapshot_time,
    lines.invoice_id,
    lines.credit_type_id,
    lines.currency AS credit_type_name,
    lines.name,
    CASE WHEN lines.is_applied THEN 1 ELSE lines.quantity END AS quantity,
    lines.total,
    lines.commit_id,
    lines.product_id,
    CASE WHEN lines.product_id IS NOT NULL THEN only_key(lines.presentation_values) END AS group_key,
    CASE WHEN lines.product_id IS NOT NULL THEN only_value(lines.presentation_values) END AS group_value,
    CASE WHEN NOT lines.is_applied THEN lines.unit_price END AS unit_price,
    group_pairs(lines.pricing_values) AS pricing_group_values,
    CASE WHEN coalesce(nullif(lines.custom_fields, '{}'), nullif(lines.product_custom_fields, '{}')) IS NOT NULL
        THEN to_json({
            'custom_fields': coalesce(lines.custom_fields, '{}')::JSON,
            'product_custom_fields': coalesce(lines.product_custom_fields, '{}')::JSON
        })::VARCHAR
    END AS metadata,
    lines.subscription_id,
    lines.is_prorated,
    lines.starting_at,
    lines.ending_before,
    invoice_rows.updated_at,
    lines.type AS duckbill_type,
    lines.in_total AS duckbill_in_total,
    lines.presentation_values AS duckbill_presentation_group_values,
    lines.commit_segment_id AS duckbill_commit_segment_id,
    lines.origin_line_item_id AS duckbill_origin_line_item_id,
    invoice_rows.status
FROM lines
JOIN invoice_rows ON invoice_rows.id = lines.invoice_id
CROSS JOIN transfer
ORDER BY lines.position
