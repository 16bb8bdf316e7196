-- Every invoice that was computed here, with the keys by which it finds its like in an export.
-- Grain: invoice_id.
WITH placed AS (
    SELECT
        *,
        array_to_string([
            contract_id, coalesce(starting_at::VARCHAR, ''), coalesce(ending_before::VARCHAR, ''),
            CASE WHEN starting_at IS NULL THEN issued_at::VARCHAR ELSE '' END
        ], chr(28)) AS place
    FROM billed_invoices
)
SELECT
    id AS invoice_id,
    customer_id,
    contract_id,
    status,
    type,
    starting_at,
    ending_before,
    issued_at,
    billing_period,
    credit_type_id,
    total,
    [
        id,
        array_to_string([place, type, total::VARCHAR], chr(28)),
        array_to_string([place, type], chr(28)),
        array_to_string([place, total::VARCHAR], chr(28)),
        place
    ] AS keys
FROM placed
