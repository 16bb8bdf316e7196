-- What is left of each line that balances can cover, at its own price?
-- Grain: line_no.
WITH last_draws AS (
    SELECT
        line_no,
        arg_max_null(quantity_left, draw_no) AS quantity_left,
        arg_max_null(amount_left, draw_no) AS amount_left
    FROM draws
    GROUP BY line_no
)
SELECT
    coverable_lines.line_no,
    CASE WHEN last_draws.line_no IS NULL THEN coverable_lines.quantity ELSE last_draws.quantity_left END AS quantity,
    CASE WHEN last_draws.line_no IS NULL THEN coverable_lines.total ELSE last_draws.amount_left END AS amount
FROM coverable_lines
LEFT JOIN last_draws USING (line_no)
