-- What each day added to an invoice, in the invoice's own credit type.
-- Grain: id.
SELECT
    lines.invoice_breakdown_id AS id,
    'PRODUCTION' AS environment_type,
    transfer.now AS snapshot_timestamp,
    invoices.id AS invoice_id,
    invoices.customer_id,
    invoices.credit_type_id,
    invoices.net_payment_terms_days AS net_payment_term_days,
    invoices.credit_type_name,
    coalesce(
        sum(lines.total) FILTER (lines.duckbill_in_total AND lines.credit_type_id = invoices.credit_type_id), 0
    ) AS total,
    invoices.duckbill_invoice_type AS type,
    invoices.contract_id,
    nullif(invoices.custom_fields, '{}') AS custom_fields,
    'BILLABLE' AS billable_status,
    'DAILY' AS window_size,
    invoices.issued_at,
    invoices.start_timestamp AS invoice_start_timestamp,
    invoices.end_timestamp AS invoice_end_timestamp,
    lines.breakdown_start_timestamp,
    lines.breakdown_end_timestamp,
    invoices.updated_at,
    invoices.status
FROM breakdown_rows AS lines
JOIN invoice_rows AS invoices ON invoices.id = lines.invoice_id
CROSS JOIN transfer
GROUP BY ALL
ORDER BY any_value(invoices.position), lines.breakdown_start_timestamp
