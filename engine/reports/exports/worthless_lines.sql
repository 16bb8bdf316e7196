-- Which lines have no exact worth in whole units of the invoice's currency, and is that because the worth of a custom
-- pricing unit is not known?
-- Grain: as billed_lines.
SELECT
    coalesce(id, invoice_id) AS id,
    name,
    whole_currency AS currency,
    is_in_units AND unit_value IS NULL AS is_unknown
FROM billed_lines
WHERE amount IS NULL OR invoiced IS NULL
ORDER BY billing_period, row_no
LIMIT 1
