-- What do the commits that spend thresholds release cover?
-- Everything in money that is left of their statement, after every other balance, line by line in their order. Only
-- where the commit's places end may the last of it stay uncovered: that quantity is a quotient, to 12 places half away
-- from zero, as wherever an amount covers part of a line.
-- Grain: line_no; rows for draws.
WITH open_lines AS (
    SELECT
        spend_threshold_releases.balance_id,
        spend_threshold_releases.amount AS released,
        coverable_lines.line_no,
        coverable_lines.unit_price,
        coverable_left.quantity,
        coverable_left.amount,
        sum(coverable_left.amount) OVER (
            PARTITION BY coverable_lines.invoice_id ORDER BY coverable_lines.position
        ) AS amount_until
    FROM spend_threshold_releases
    JOIN coverable_lines USING (invoice_id)
    JOIN coverable_left USING (line_no)
    WHERE coverable_lines.is_money AND coverable_left.amount > 0
),
drawn AS (
    SELECT
        balance_id,
        line_no,
        unit_price,
        quantity AS line_quantity,
        amount AS line_amount,
        (amount - greatest(amount_until - released, 0::DECIMAL(38, 26)))::DECIMAL(38, 26) AS drawn_amount,
        CASE WHEN drawn_amount = line_amount THEN line_quantity
            ELSE least(covered_quantity(drawn_amount, unit_price), line_quantity)
        END AS drawn_quantity
    FROM open_lines
    WHERE amount_until - amount < released
)
SELECT
    drawn.line_no,
    threshold_releases.segment_no,
    (SELECT coalesce(max(draw_no), 0) + 1 FROM draws)::BIGINT AS draw_no,
    drawn.drawn_quantity::DECIMAL(38, 18) AS quantity,
    drawn.unit_price::DECIMAL(38, 18) AS unit_price,
    drawn_amount AS amount,
    drawn_amount AS taken,
    (drawn.line_quantity - drawn.drawn_quantity)::DECIMAL(38, 18) AS quantity_left,
    line_amount - drawn_amount AS amount_left
FROM drawn
JOIN threshold_releases USING (balance_id)
