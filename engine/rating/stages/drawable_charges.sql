-- What is charged to the contracts that balances cover, and what their pricing units are converted to.
-- Grain: charge_no.
SELECT * FROM drawn_charges
UNION ALL BY NAME
SELECT * EXCLUDE (pool_no, converted_credit_type_id)
FROM conversion_lines
WHERE pool_no IS NOT NULL
