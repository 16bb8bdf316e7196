-- Every line of their invoices that are compared. What a line takes off for a commit or credit has no price there, and
-- nothing of a postpaid commit is in the total, which an export says only where it comes from here.
-- Grain: line_no.
WITH stated AS (
    SELECT
        id, invoice_id, product_id, name, quantity, unit_price, total, credit_type_id, commit_id, pricing_group_values,
        subscription_id, is_prorated, starting_at, ending_before, duckbill_type, duckbill_in_total,
        duckbill_presentation_group_values, group_key, group_value
    FROM export_line_item
    UNION ALL BY NAME
    SELECT
        id, invoice_id, product_id, name, quantity, unit_price, total, credit_type_id, commit_id, pricing_group_values,
        subscription_id, is_prorated, starting_at, ending_before, duckbill_type, duckbill_in_total,
        duckbill_presentation_group_values, group_key, group_value
    FROM export_draft_line_item
    ANTI JOIN export_invoice ON export_invoice.id = export_draft_line_item.invoice_id
),
compared AS (
    SELECT
        stated.*,
        invoice_sides.invoice_no,
        stated.credit_type_id IS NOT DISTINCT FROM invoice_sides.their_credit_type_id AS in_currency,
        CASE WHEN duckbill_type IS NOT NULL THEN duckbill_type = 'applied_commit_or_credit'
            ELSE unit_price IS NULL AND commit_id IS NOT NULL AND stated.total <= 0
        END AS is_applied,
        CASE
            WHEN stated_groups.is_whole THEN coalesce(presentation.key, '')
            ELSE coalesce(stated.group_key || chr(31) || coalesce(stated.group_value, chr(30)), '')
        END AS presentation_key,
        coalesce(pricing.key, '') AS pricing_key
    FROM stated
    CROSS JOIN stated_groups
    LEFT JOIN value_keys AS pricing ON pricing.written = stated.pricing_group_values
    LEFT JOIN value_keys AS presentation ON presentation.written = stated.duckbill_presentation_group_values
    JOIN invoice_sides ON invoice_sides.their_invoice_id = stated.invoice_id
),
grouped AS (
    SELECT
        * EXCLUDE (group_key),
        array_to_string([
            coalesce(product_id, ''), pricing_key, presentation_key, coalesce(credit_type_id, '')
        ], chr(27)) AS group_key
    FROM compared
)
SELECT
    row_number() OVER (ORDER BY grouped.invoice_no, grouped.id, grouped.total) AS line_no,
    grouped.invoice_no,
    grouped.id AS line_id,
    grouped.product_id,
    grouped.name,
    grouped.duckbill_type AS type,
    grouped.pricing_group_values,
    grouped.duckbill_presentation_group_values AS presentation_group_values,
    grouped.starting_at,
    grouped.ending_before,
    CASE WHEN NOT grouped.is_applied THEN grouped.quantity::DECIMAL(38, 18) END AS quantity,
    CASE WHEN NOT grouped.is_applied THEN grouped.unit_price::DECIMAL(38, 26) END AS unit_price,
    grouped.total::DECIMAL(38, 26) AS total,
    grouped.credit_type_id,
    grouped.commit_id,
    grouped.subscription_id,
    coalesce(grouped.is_prorated, false) AS is_prorated,
    grouped.is_applied,
    grouped.in_currency AND coalesce(
        grouped.duckbill_in_total, NOT (grouped.is_applied AND coalesce(upper(balances.type), '') = 'POSTPAID')
    ) AS counts,
    grouped.group_key,
    line_keys(
        grouped.id, grouped.group_key, grouped.starting_at, grouped.commit_id, grouped.is_applied,
        grouped.unit_price::DECIMAL(38, 26), grouped.quantity::DECIMAL(38, 18), grouped.total::DECIMAL(38, 26)
    ) AS keys
FROM grouped
LEFT JOIN (SELECT DISTINCT ON (id) id, type FROM export_contracts_balances ORDER BY id, type) AS balances
    ON balances.id = grouped.commit_id
