-- What is the price of each composite charge in each of its segments, and which segments are one piece?
-- Neighbouring segments with the same rate, override and outcome are one piece, within a window of a breakdown: a product
-- that became a member in between changes what is spent, not what the share is.
-- Grain: contract_id, product_id, period_starting_at, segment_no; a piece_no is of one composite in one period.
WITH priced AS (
    SELECT
        composite_segments.*,
        prices_in_force.rate_no,
        prices_in_force.price_override_no,
        prices_in_force.override_reason,
        prices_in_force.outcome,
        row_number() OVER () AS row_no
    FROM composite_segments
    JOIN prices_in_force USING (contract_id, product_id, priced_at)
),
numbered AS (
    SELECT
        *,
        segment_no - row_number() OVER (
            PARTITION BY
                contract_id, product_id, period_starting_at, breakdown_at, rate_no, price_override_no, outcome
            ORDER BY segment_no
        ) AS run_no
    FROM priced
)
SELECT
    * EXCLUDE (row_no, run_no),
    min(row_no) OVER (
        PARTITION BY
            contract_id, product_id, period_starting_at, breakdown_at, rate_no, price_override_no, outcome, run_no
    ) AS piece_no
FROM numbered
