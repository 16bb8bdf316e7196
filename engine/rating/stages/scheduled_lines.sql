-- Which scheduled charges, discounts and purchases of commits does this run bill, and on which invoice?
-- A contract that puts its charges on usage invoices has them on the one whose statement period ends at the very
-- instant of the charge. All others are on the contract's scheduled invoice of that instant, which they share
-- (spec/rating.md §10.7). A usage invoice belongs to the run in which its period ends, a scheduled one to the run that
-- holds its instant: a charge at the end of a billing period is on a usage invoice of this run or on a scheduled one of
-- the next. What would be on an invoice that is closed is not billed here. Amounts that no exact decimal holds are NULL and park the contract later.
-- Grain: invoice_id, line_key.
WITH placed AS (
    SELECT
        scheduled_charges.*,
        contracts.customer_id,
        contracts.rate_card_id,
        statement_windows.contract_id IS NOT NULL AS with_usage,
        derived_id(
            'invoice', [scheduled_charges.contract_id, instant_text(scheduled_charges.charged_at), 'SCHEDULED']
        ) AS base_id
    FROM scheduled_charges
    JOIN contracts USING (contract_id)
    LEFT JOIN statement_windows
        ON contracts.consolidates_charges
        AND statement_windows.contract_id = scheduled_charges.contract_id
        AND statement_windows.period_ending_before = scheduled_charges.charged_at
)
SELECT
    CASE
        WHEN placed.with_usage THEN statement_periods.invoice_id
        ELSE coalesce(invoice_slots.invoice_id, placed.base_id)
    END AS invoice_id,
    placed.contract_id,
    placed.customer_id,
    placed.rate_card_id,
    CASE WHEN placed.balance_id IS NULL THEN 'scheduled' ELSE 'commit_purchase' END AS type,
    placed.product_id,
    array_to_string([
        CASE
            WHEN placed.balance_id IS NOT NULL THEN 'commit_purchase'
            WHEN placed.discount_id IS NOT NULL THEN 'discount'
            ELSE 'scheduled_charge'
        END,
        coalesce(placed.balance_id, placed.discount_id, placed.scheduled_charge_id),
        instant_text(placed.charged_at),
        placed.occurrence_no::VARCHAR
    ], chr(31)) AS line_key,
    placed.charged_at AS starting_at,
    NULL::TIMESTAMP AS ending_before,
    placed.charged_at,
    statement_periods.period_starting_at,
    statement_periods.period_ending_before,
    placed.quantity,
    placed.unit_price,
    placed.total,
    placed.scheduled_charge_id,
    placed.discount_id,
    placed.balance_id AS commit_id,
    placed.charge_name,
    placed.custom_fields,
    'billed' AS outcome
FROM placed
CROSS JOIN billing_period
LEFT JOIN statement_periods
    ON placed.with_usage
    AND statement_periods.contract_id = placed.contract_id
    AND statement_periods.period_ending_before = placed.charged_at
LEFT JOIN invoice_slots ON invoice_slots.base_id = placed.base_id
WHERE CASE
        WHEN placed.with_usage THEN statement_periods.invoice_id IS NOT NULL
        ELSE billing_period.starting_at <= placed.charged_at
            AND placed.charged_at < billing_period.ending_before
            AND NOT coalesce(invoice_slots.is_closed, false)
    END
