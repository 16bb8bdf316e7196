-- One usage invoice for each contract and statement period, also when it has no lines.
-- `total` is exact. `payable` is what a payment provider can take, rounded half away from zero to the currency's
-- smallest denomination, and `rounding_residual` is what that rounding added (spec/rating.md §10.6, §17 Q3).
-- Grain: id (contract_id, starting_at).
WITH totals AS (
    SELECT invoice_id, count(*) AS line_items, sum(total) AS total
    FROM line_items
    GROUP BY invoice_id
),
billed AS (
    SELECT statement_periods.* FROM statement_periods ANTI JOIN parked USING (contract_id)
)
SELECT
    billed.invoice_id AS id,
    billed.customer_id,
    customers.customer_name,
    billed.contract_id,
    'DRAFT' AS status,
    'USAGE' AS type,
    billed.period_starting_at AS starting_at,
    billed.period_ending_before AS ending_before,
    rate_cards.currency,
    coalesce(totals.line_items, 0) AS line_items,
    coalesce(totals.total, 0)::DECIMAL(38, 26) AS total,
    CASE rate_cards.payable_places
        WHEN 0 THEN round(coalesce(totals.total, 0), 0)::DECIMAL(38, 2)
        ELSE round(coalesce(totals.total, 0), 2)::DECIMAL(38, 2)
    END AS payable,
    payable::DECIMAL(38, 26) - coalesce(totals.total, 0)::DECIMAL(38, 26) AS rounding_residual
FROM billed
JOIN customers USING (customer_id)
JOIN rate_cards USING (rate_card_id)
LEFT JOIN totals ON totals.invoice_id = billed.invoice_id
ORDER BY customers.customer_name, billed.customer_id, billed.period_starting_at, billed.contract_id
