-- Which commits do thresholds release in this run?
-- Numbered after the balances and segments that the run began with, which they may join. What is charged on an invoice that
-- is closed was released when that was billed.
-- Grain: segment_no (one per balance_no, balance_id, segment_id).
WITH releases AS (
    SELECT * EXCLUDE (invoice_id) FROM spend_threshold_releases
    UNION ALL BY NAME
    SELECT * FROM prepaid_threshold_releases
),
charged AS (
    SELECT *, derived_id('invoice', [contract_id, instant_text(charged_at), 'THRESHOLD']) AS base_id
    FROM releases
)
SELECT
    ((SELECT coalesce(max(balance_no), -1) FROM balances)
        + row_number() OVER (ORDER BY contract_id, charged_at, kind))::INTEGER AS balance_no,
    ((SELECT coalesce(max(segment_no), -1) FROM balance_segments)
        + row_number() OVER (ORDER BY contract_id, charged_at, kind))::INTEGER AS segment_no,
    charged.* EXCLUDE (base_id),
    derived_id('segment', [balance_id, '0']) AS segment_id,
    coalesce(invoice_slots.invoice_id, charged.base_id) AS purchase_invoice_id
FROM charged
LEFT JOIN invoice_slots USING (base_id)
WHERE NOT coalesce(invoice_slots.is_closed, false)
