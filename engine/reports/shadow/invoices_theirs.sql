-- Every invoice that an export has: the final ones, and the drafts that have not become final since.
-- A void invoice whose place another has taken owes nothing and says nothing, so it is left out; one that was not
-- billed again is held against what would be billed. `keys` are what a pass of pairing asks invoices to have in common.
-- Grain: invoice_id.
WITH stated AS (
    SELECT id, status, total, credit_type_id, customer_id, contract_id, start_timestamp, end_timestamp, issued_at,
        duckbill_invoice_type, duckbill_billing_period, updated_at AS changed_at
    FROM export_invoice
    UNION ALL BY NAME
    -- A draft does not say when it will be issued; what is on a schedule is charged from then on.
    SELECT id, status, total, credit_type_id, customer_id, contract_id, start_timestamp, end_timestamp,
        coalesce(duckbill_issued_at, charged.first_at) AS issued_at,
        duckbill_invoice_type, duckbill_billing_period, updated_at AS changed_at
    FROM export_draft_invoice
    LEFT JOIN (
        SELECT invoice_id, min(starting_at) AS first_at
        FROM export_draft_line_item
        GROUP BY invoice_id
    ) AS charged ON charged.invoice_id = export_draft_invoice.id
    ANTI JOIN export_invoice ON export_invoice.id = export_draft_invoice.id
    WHERE export_draft_invoice.status IS DISTINCT FROM 'DRAFT_INCOMPLETE'
),
placed AS (
    SELECT
        *,
        array_to_string([
            contract_id, coalesce(start_timestamp::VARCHAR, ''), coalesce(end_timestamp::VARCHAR, ''),
            CASE WHEN start_timestamp IS NULL THEN issued_at::VARCHAR ELSE '' END
        ], chr(28)) AS place,
        coalesce(duckbill_invoice_type, '') AS stated_type
    FROM stated
)
SELECT
    id AS invoice_id,
    customer_id,
    contract_id,
    status,
    duckbill_invoice_type AS type,
    start_timestamp AS starting_at,
    end_timestamp AS ending_before,
    issued_at,
    changed_at,
    coalesce(
        duckbill_billing_period, strftime(coalesce(end_timestamp - to_microseconds(1), issued_at), '%Y-%m')
    ) AS billing_period,
    credit_type_id,
    total::DECIMAL(38, 26) AS total,
    [
        id,
        array_to_string([place, stated_type, total::VARCHAR], chr(28)),
        array_to_string([place, stated_type], chr(28)),
        CASE WHEN stated_type = '' THEN array_to_string([place, total::VARCHAR], chr(28)) END,
        CASE WHEN stated_type = '' THEN place END
    ] AS keys
FROM placed
QUALIFY status <> 'VOID' OR count(*) FILTER (status <> 'VOID') OVER (PARTITION BY place, stated_type) = 0
