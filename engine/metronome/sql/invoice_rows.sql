-- Every invoice that an export shows, as its tables of invoices have them: those that were published, and one for each
-- statement of a contract that is parked, which has no total.
-- `exported_invoices` is the output `invoices` of the billing periods, `incomplete_invoices` the parked statements.
-- Grain: id.
SELECT
    transfer.now::VARCHAR || ' ' || invoices.id AS _metronome_metadata_id,
    invoices.id,
    'PRODUCTION' AS environment_type,
    transfer.now AS snapshot_time,
    invoices.status,
    invoices.total,
    invoices.credit_type_id,
    invoices.currency AS credit_type_name,
    invoices.customer_id,
    invoices.contract_id,
    'BILLABLE' AS billable_status,
    CASE WHEN invoices.custom_fields <> '{}'
        THEN to_json({'custom_fields': invoices.custom_fields::JSON})::VARCHAR
    END AS metadata,
    invoices.starting_at AS start_timestamp,
    invoices.ending_before AS end_timestamp,
    invoices.issued_at,
    CASE WHEN invoices.status = 'DRAFT' THEN transfer.now
        ELSE coalesce(invoices.voided_at, invoices.finalized_at, invoices.issued_at)
    END AS updated_at,
    invoices.type AS duckbill_invoice_type,
    invoices.billing_period AS duckbill_billing_period,
    invoices.constituent_invoices AS duckbill_constituent_invoices,
    invoices.regenerated_from_invoice_id AS duckbill_regenerated_from_invoice_id,
    invoices.void_reason AS duckbill_void_reason,
    invoices.issued_at AS duckbill_issued_at,
    NULL::VARCHAR AS duckbill_detail,
    invoices.net_payment_terms_days,
    invoices.custom_fields,
    invoices.position
FROM (SELECT *, row_number() OVER () AS position FROM exported_invoices) AS invoices
CROSS JOIN transfer
UNION ALL BY NAME
SELECT
    transfer.now::VARCHAR || ' ' || parked.id AS _metronome_metadata_id,
    parked.id,
    'PRODUCTION' AS environment_type,
    transfer.now AS snapshot_time,
    'DRAFT_INCOMPLETE' AS status,
    parked.customer_id,
    parked.contract_id,
    'BILLABLE' AS billable_status,
    parked.starting_at AS start_timestamp,
    parked.ending_before AS end_timestamp,
    transfer.now AS updated_at,
    'USAGE' AS duckbill_invoice_type,
    parked.billing_period AS duckbill_billing_period,
    parked.detail AS duckbill_detail,
    parked.position + 1000000000000 AS position
FROM (SELECT *, row_number() OVER () AS position FROM incomplete_invoices) AS parked
CROSS JOIN transfer
ORDER BY position
