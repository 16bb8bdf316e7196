-- Does any amount need more than 18 decimal places?
-- Grain: one row.
SELECT coalesce(bool_or(amount <> amount::DECIMAL(38, 18)::DECIMAL(38, 26)), false)
FROM billed
