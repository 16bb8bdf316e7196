-- What does each cause come to, on how many lines, invoices and customers?
-- `explanation` says what of it was different, for all invoices together.
-- Grain: step, currency.
WITH told AS (
    SELECT step, string_agg(DISTINCT explanation, '; ' ORDER BY explanation) AS explanation
    FROM explanations
    GROUP BY step
)
SELECT
    changes.step,
    changes.cause,
    changes.currency,
    sum(changes.difference)::DECIMAL(38, 26) AS difference,
    count(*) AS lines,
    count(DISTINCT changes.slot_id) AS invoices,
    count(DISTINCT changes.customer_id) AS customers,
    told.explanation
FROM changes
LEFT JOIN told USING (step)
GROUP BY changes.step, changes.cause, changes.currency, told.explanation
ORDER BY changes.step, changes.currency
