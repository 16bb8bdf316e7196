-- Which invoices are put together on a parent's consolidated invoice?
-- The parent's own usage invoice and those of its children that consolidate, whose period lies within the parent's and
-- ends with it (spec/rating.md §13, §15 T-34). The invoices themselves stay as they are. Nothing is consolidated for a
-- parent without such a child.
-- Grain: invoice_id, source_invoice_id.
WITH billed AS (
    SELECT
        statement_periods.*,
        contracts.concatenates_children,
        contracts.consolidated_into
    FROM statement_periods
    JOIN contracts USING (contract_id)
    ANTI JOIN parked ON parked.contract_id = statement_periods.contract_id
),
families AS (
    SELECT
        derived_id(
            'invoice', [parents.contract_id, instant_text(parents.period_starting_at), 'USAGE_CONSOLIDATED']
        ) AS base_id,
        parents.contract_id,
        parents.customer_id,
        parents.rate_card_id,
        parents.period_starting_at,
        parents.period_ending_before,
        parents.invoice_id AS parent_invoice_id,
        children.invoice_id AS child_invoice_id
    FROM billed AS parents
    JOIN billed AS children ON children.consolidated_into = parents.contract_id
    WHERE parents.concatenates_children
        AND parents.period_starting_at <= children.period_starting_at
        AND children.period_ending_before = parents.period_ending_before
),
issued AS (
    SELECT coalesce(invoice_slots.invoice_id, families.base_id) AS invoice_id, families.* EXCLUDE (base_id)
    FROM families
    LEFT JOIN invoice_slots USING (base_id)
    WHERE NOT coalesce(invoice_slots.is_closed, false)
)
SELECT DISTINCT * EXCLUDE (parent_invoice_id, child_invoice_id), parent_invoice_id AS source_invoice_id, 0 AS position
FROM issued
UNION ALL
SELECT * EXCLUDE (parent_invoice_id, child_invoice_id), child_invoice_id, 1
FROM issued
