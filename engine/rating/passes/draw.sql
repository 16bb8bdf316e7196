-- What do the segments of one rank take from the lines of one epoch?
-- Each segment goes through its lines in their order until it is used up: what the lines before a line cost is gone when
-- its turn comes. What the last of them is left with is money, so its quantity is a quotient, to 12 places half away
-- from zero, and the rest of the line keeps the exact rest of the amount (spec/rating.md §7.3, §17 Q3).
-- Costs are added up as whole numbers and fractions apart, which cannot leave the range of decimals.
-- Parameters: rank, epoch, is_money. Rows for draws.
WITH wanted AS (
    SELECT
        coverage.line_no,
        coverage.segment_no,
        coverage.rank AS draw_no,
        coverage.is_special,
        coverage.unit_price,
        coverable_lines.position,
        coverable_lines.unit_price AS own_unit_price,
        coverable_left.quantity AS line_quantity,
        coverable_left.amount AS line_amount,
        balances.access_type = 'QUANTITY' AS counts_units,
        CASE WHEN coverage.is_special THEN exact_product(coverable_left.quantity, coverage.unit_price)
            ELSE coverable_left.amount
        END AS cost,
        CASE WHEN counts_units THEN try_cast(coverable_left.quantity AS DECIMAL(38, 26)) ELSE cost END AS measure
    FROM coverage
    JOIN coverable_lines USING (line_no)
    JOIN coverable_left USING (line_no)
    JOIN balance_segments USING (segment_no)
    JOIN balances USING (balance_no)
    WHERE coverage.rank = $rank
        AND coverage.epoch = $epoch
        AND coverage.is_money = $is_money
        AND coverable_left.quantity > 0
),
running AS (
    SELECT
        *,
        sum(trunc(measure)::DECIMAL(38, 0)) OVER earlier_lines AS whole_before,
        sum(measure - trunc(measure)::DECIMAL(38, 26)) OVER earlier_lines AS fraction_before
    FROM wanted
    WHERE coalesce(measure > 0, true)
    WINDOW earlier_lines AS (
        PARTITION BY segment_no ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
),
reached AS (
    SELECT
        running.*,
        segments_left.available
            - coalesce(try_cast(whole_before AS DECIMAL(38, 26)), 500000000000::DECIMAL(38, 26))
            - coalesce(fraction_before, 0)::DECIMAL(38, 26) AS available
    FROM (SELECT * REPLACE (coalesce(whole_before, 0)::DECIMAL(38, 0) AS whole_before) FROM running) AS running
    JOIN segments_left USING (segment_no)
),
taken AS (
    SELECT
        * EXCLUDE (whole_before, fraction_before),
        least(available, measure) AS taken,
        taken = measure AS takes_all
    FROM reached
    WHERE coalesce(available > 0 AND measure > 0, true)
),
drawn AS (
    SELECT
        *,
        CASE
            WHEN takes_all THEN line_quantity
            WHEN counts_units THEN exactly_18(taken)
            ELSE least(covered_quantity(taken, unit_price), line_quantity)
        END AS quantity,
        CASE
            WHEN takes_all THEN cost
            WHEN counts_units THEN exact_product(exactly_18(taken), unit_price)
            ELSE taken
        END AS amount
    FROM taken
)
SELECT
    line_no,
    segment_no,
    draw_no,
    quantity,
    unit_price,
    amount,
    taken,
    line_quantity - quantity AS quantity_left,
    CASE
        WHEN is_special THEN exact_product(line_quantity - quantity, own_unit_price)
        ELSE line_amount - amount
    END AS amount_left
FROM drawn
