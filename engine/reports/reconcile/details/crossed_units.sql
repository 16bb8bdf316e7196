-- Which lines and consolidated invoices cross currencies or custom pricing units?
-- Grain: invoice_id, unit.
SELECT invoice_id, currency AS unit, spent AS amount, 'no conversion line of this amount' AS finding
FROM spent_units
WHERE NOT is_converted
UNION ALL
SELECT invoice_id, currency, total, 'not the sum of the invoices it puts together'
FROM consolidated_sums
WHERE NOT is_sum
UNION ALL
SELECT line_items.invoice_id, line_items.currency, sum(line_items.total), 'covered by a balance in ' || segment_balances.currency
FROM line_items
JOIN segment_balances ON segment_balances.segment_id = line_items.commit_segment_id
WHERE segment_balances.access_type <> 'QUANTITY' AND segment_balances.credit_type_id <> line_items.credit_type_id
GROUP BY line_items.invoice_id, line_items.currency, segment_balances.currency
ORDER BY ALL
