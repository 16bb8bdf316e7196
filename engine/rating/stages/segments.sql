-- Into which segments is a product's statement period cut?
-- A cut is every instant at which a rate of the product or an override that can touch it begins or ends
-- (spec/rating.md §0.3). A product metered once for its whole service period is one segment, priced as of its last
-- instant (spec/metering.md §8.1). A metric that adds up is read over each segment alone; any other is read from
-- the start of the statement period, and quantities are differences (spec/metering.md §8).
-- Grain: contract_id, product_id, starting_at.
WITH billed AS (
    SELECT
        statement_periods.*,
        usage_products.product_id,
        usage_products.meter_id,
        usage_products.one_segment,
        usage_products.additive
    FROM statement_periods
    JOIN rate_card_products USING (rate_card_id)
    JOIN usage_products USING (product_id)
),
cuts AS (
    SELECT contract_id, product_id, period_starting_at, unnest([period_starting_at, period_ending_before]) AS cut_at
    FROM billed
    UNION
    SELECT contract_id, product_id, period_starting_at, rate_boundaries.boundary_at
    FROM billed
    JOIN rate_boundaries USING (rate_card_id, product_id)
    WHERE NOT one_segment
        AND period_starting_at < boundary_at AND boundary_at < period_ending_before
    UNION
    SELECT contract_id, product_id, period_starting_at, override_boundaries.boundary_at
    FROM billed
    JOIN override_reach USING (contract_id, product_id)
    JOIN override_boundaries USING (override_no)
    WHERE NOT one_segment
        AND period_starting_at < boundary_at AND boundary_at < period_ending_before
),
between_cuts AS (
    SELECT
        contract_id,
        product_id,
        period_starting_at,
        cut_at AS starting_at,
        lead(cut_at) OVER product_period AS ending_before,
        row_number() OVER product_period AS segment_no,
        count(*) OVER (PARTITION BY contract_id, product_id, period_starting_at) - 1 AS segments
    FROM cuts
    WINDOW product_period AS (PARTITION BY contract_id, product_id, period_starting_at ORDER BY cut_at)
)
SELECT
    billed.contract_id,
    billed.customer_id,
    billed.rate_card_id,
    billed.product_id,
    billed.meter_id,
    billed.additive,
    billed.period_starting_at,
    billed.period_ending_before,
    between_cuts.segment_no,
    between_cuts.segments,
    between_cuts.starting_at,
    between_cuts.ending_before,
    CASE
        WHEN billed.one_segment THEN billed.period_ending_before - to_microseconds(1)
        ELSE between_cuts.starting_at
    END AS priced_at,
    CASE WHEN billed.additive THEN between_cuts.starting_at ELSE billed.period_starting_at END AS metered_from
FROM billed
JOIN between_cuts USING (contract_id, product_id, period_starting_at)
WHERE between_cuts.ending_before IS NOT NULL
