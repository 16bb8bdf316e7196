-- In which months is anything priced in custom pricing units?
-- Grain: billing_period.
SELECT DISTINCT lines.billing_period
FROM published_line_items AS lines
ANTI JOIN whole_names ON whole_names.currency = lines.currency
ORDER BY lines.billing_period
