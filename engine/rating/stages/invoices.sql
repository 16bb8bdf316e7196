-- One invoice for each contract and statement period, also when it has no lines; one for each instant at which something
-- is charged on a schedule; one for what a postpaid commit falls short by; one for what thresholds charge at an instant;
-- and a parent's consolidated ones.
-- `total` is exact and in the invoice's own currency: lines in custom pricing units count through their conversion line,
-- and what a postpaid commit covers is owed all the same.
-- `payable` is what a payment provider can take, rounded half away from zero to the currency's smallest denomination,
-- and `rounding_residual` is what that rounding added (spec/rating.md §10.6, §17 Q3).
-- All are drafts: `finalizes_at` is when one may be finalized, once the time for late usage is over where there is any
-- (spec/rating.md §10.2). What was finalized, and by which run it was computed, is filled in then (invoices/finalize.py).
-- Grain: id.
WITH issued AS (
    SELECT
        invoice_id,
        customer_id,
        contract_id,
        rate_card_id,
        'USAGE' AS type,
        period_starting_at AS starting_at,
        period_ending_before AS ending_before,
        period_ending_before + billing_period.grace AS issued_at,
        issued_at AS finalizes_at,
        NULL::VARCHAR AS constituent_invoices
    FROM statement_periods
    CROSS JOIN billing_period
    UNION ALL
    SELECT invoice_id, customer_id, contract_id, rate_card_id, 'SCHEDULED', NULL, NULL, issued_at, issued_at, NULL
    FROM scheduled_invoices
    UNION ALL
    SELECT
        invoice_id, customer_id, contract_id, rate_card_id, 'TRUEUP', NULL, NULL, charged_at,
        charged_at + billing_period.grace, NULL
    FROM trueup_lines
    CROSS JOIN billing_period
    WHERE period_starting_at IS NULL
    UNION ALL
    SELECT DISTINCT
        invoice_id, customer_id, contract_id, rate_card_id, 'SCHEDULED', NULL, NULL, charged_at,
        charged_at + billing_period.grace, NULL
    FROM threshold_lines
    CROSS JOIN billing_period
    UNION ALL
    SELECT
        invoice_id,
        customer_id,
        contract_id,
        rate_card_id,
        'USAGE_CONSOLIDATED',
        period_starting_at,
        period_ending_before,
        period_ending_before + billing_period.grace,
        period_ending_before + billing_period.grace,
        to_json(list(source_invoice_id ORDER BY position, source_invoice_id))::VARCHAR
    FROM consolidations
    CROSS JOIN billing_period
    GROUP BY ALL
),
line_counts AS (
    SELECT invoice_id, credit_type_id, count(*) AS line_items, sum(total) FILTER (in_total) AS total
    FROM line_items
    GROUP BY invoice_id, credit_type_id
),
totals AS (
    SELECT
        issued.invoice_id,
        sum(line_counts.line_items)::BIGINT AS line_items,
        sum(line_counts.total) FILTER (line_counts.credit_type_id = rate_cards.credit_type_id) AS total
    FROM issued
    JOIN rate_cards USING (rate_card_id)
    JOIN line_counts ON line_counts.invoice_id = issued.invoice_id
    GROUP BY issued.invoice_id
)
SELECT
    issued.invoice_id AS id,
    issued.customer_id,
    customers.customer_name,
    issued.contract_id,
    'DRAFT' AS status,
    issued.type,
    issued.starting_at,
    issued.ending_before,
    issued.issued_at,
    issued.finalizes_at,
    contracts.net_payment_terms_days,
    contracts.payer_customer_id,
    rate_cards.credit_type_id,
    credit_types.credit_type_name AS currency,
    coalesce(totals.line_items, 0) AS line_items,
    coalesce(totals.total, 0)::DECIMAL(38, 26) AS total,
    CASE rate_cards.payable_places
        WHEN 0 THEN round(coalesce(totals.total, 0), 0)::DECIMAL(38, 2)
        ELSE round(coalesce(totals.total, 0), 2)::DECIMAL(38, 2)
    END AS payable,
    payable::DECIMAL(38, 26) - coalesce(totals.total, 0)::DECIMAL(38, 26) AS rounding_residual,
    issued.constituent_invoices,
    contracts.custom_fields,
    customers.custom_fields AS customer_custom_fields,
    invoice_slots.regenerated_from_invoice_id,
    NULL::VARCHAR AS regenerated_as_invoice_id,
    NULL::TIMESTAMP AS finalized_at,
    NULL::TIMESTAMP AS voided_at,
    NULL::VARCHAR AS void_reason,
    NULL::VARCHAR AS computed_by,
    NULL::VARCHAR AS content_hash
FROM issued
ANTI JOIN parked ON parked.contract_id = issued.contract_id
JOIN contracts ON contracts.contract_id = issued.contract_id
JOIN customers ON customers.customer_id = issued.customer_id
JOIN rate_cards ON rate_cards.rate_card_id = issued.rate_card_id
JOIN credit_types ON credit_types.credit_type_id = rate_cards.credit_type_id
LEFT JOIN totals ON totals.invoice_id = issued.invoice_id
LEFT JOIN invoice_slots ON invoice_slots.invoice_id = issued.invoice_id
ORDER BY
    customers.customer_name, issued.customer_id, coalesce(issued.starting_at, issued.issued_at), issued.contract_id,
    issued.type, issued.invoice_id
