-- Which invoices are not the same on both sides?
-- An invoice that is void comes to nothing. One that is on one side alone has no id and no status on the other, or PARKED when
-- its contract was set aside there. It is the same when its amounts and its status are.
-- Grain: slot_id, customer_id, currency.
WITH sides AS (
    SELECT *, true AS is_before FROM invoices_before
    UNION ALL BY NAME
    SELECT *, false AS is_before FROM invoices_after
),
paired AS (
    SELECT
        slot_id,
        customer_id,
        currency,
        any_value(customer_name ORDER BY is_before) AS customer_name,
        any_value(contract_id ORDER BY is_before) AS contract_id,
        any_value(invoice_type ORDER BY is_before) AS invoice_type,
        any_value(starting_at ORDER BY is_before) AS starting_at,
        any_value(ending_before ORDER BY is_before) AS ending_before,
        any_value(issued_at ORDER BY is_before) AS issued_at,
        any_value(invoice_id) FILTER (is_before) AS invoice_id_before,
        any_value(invoice_id) FILTER (NOT is_before) AS invoice_id_after,
        any_value(status) FILTER (is_before) AS status_before,
        any_value(status) FILTER (NOT is_before) AS status_after,
        coalesce(sum(total) FILTER (is_before AND status <> 'VOID'), 0)::DECIMAL(38, 26) AS total_before,
        coalesce(sum(total) FILTER (NOT is_before AND status <> 'VOID'), 0)::DECIMAL(38, 26) AS total_after
    FROM sides
    GROUP BY slot_id, customer_id, currency
)
SELECT
    paired.slot_id,
    paired.customer_id,
    paired.customer_name,
    paired.contract_id,
    paired.invoice_type,
    paired.starting_at,
    paired.ending_before,
    paired.issued_at,
    paired.currency,
    paired.invoice_id_before,
    paired.invoice_id_after,
    coalesce(
        paired.status_before,
        CASE WHEN paired.contract_id IN (SELECT contract_id FROM parked_before) THEN 'PARKED' END
    ) AS status_before,
    coalesce(
        paired.status_after,
        CASE WHEN paired.contract_id IN (SELECT contract_id FROM parked_after) THEN 'PARKED' END
    ) AS status_after,
    paired.total_before,
    paired.total_after,
    paired.total_after - paired.total_before AS difference
FROM paired
WHERE paired.total_before <> paired.total_after
    OR paired.status_before IS DISTINCT FROM paired.status_after
    OR paired.slot_id IN (SELECT slot_id FROM step_changes)
ORDER BY
    paired.customer_name, paired.customer_id, coalesce(paired.starting_at, paired.issued_at), paired.slot_id,
    paired.currency
