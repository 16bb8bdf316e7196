-- Which payable amounts are not the nearest to the exact total?
-- Grain: id.
SELECT * EXCLUDE (is_nearest, residual_agrees)
FROM rounded_invoices
WHERE NOT (is_nearest AND residual_agrees)
ORDER BY id
