-- Which invoices differ by something else than their changes add up to?
-- None may. A change of an invoice that is not there would not be seen otherwise, so both sides are asked.
-- Grain: slot_id, customer_id, currency.
SELECT slot_id, customer_id, currency, sum(difference) AS unexplained
FROM (
    SELECT slot_id, customer_id, currency, difference FROM changed_invoices
    UNION ALL
    SELECT slot_id, customer_id, currency, -difference FROM step_changes
)
GROUP BY slot_id, customer_id, currency
HAVING sum(difference) <> 0
ORDER BY slot_id, customer_id, currency
