-- What each invoice owes exactly, what can be paid, and whether that is the nearest amount there is.
-- Amounts in US dollars are in cents, and a cent is the smallest; other currencies have two places (spec/rating.md §10.6).
-- Void invoices are not owed, and consolidated ones only repeat others.
-- Grain: id.
WITH owed AS (
    SELECT
        id,
        customer_name,
        type,
        currency,
        total,
        payable,
        rounding_residual,
        CASE credit_type_id
            WHEN '2714e483-4ff1-48e4-9e25-ac732e8f24f2' THEN 0.5::DECIMAL(38, 3)
            ELSE 0.005::DECIMAL(38, 3)
        END AS half_denomination
    FROM invoices
    WHERE status <> 'VOID' AND type <> 'USAGE_CONSOLIDATED'
)
SELECT
    *,
    abs(payable::DECIMAL(38, 26) - total) <= half_denomination::DECIMAL(38, 26) AS is_nearest,
    payable::DECIMAL(38, 26) - total = rounding_residual AS residual_agrees
FROM owed
