-- Into which segments is a product's statement period cut?
-- A cut is every instant at which a rate of the product or an override that can touch it begins or ends, at which the
-- product is metered by another metric, or at which a breakdown asks for a window of its own (spec/rating.md §0.3).
-- What is metered once for its whole service period is priced as of its last instant and not cut by prices
-- (spec/metering.md §8.1).
-- Grain: contract_id, product_id, starting_at.
WITH billed AS (
    SELECT statement_periods.*, contracts.usage_filter_no, usage_products.product_id
    FROM statement_periods
    JOIN contracts USING (contract_id)
    JOIN rate_card_products ON rate_card_products.rate_card_id = statement_periods.rate_card_id
    JOIN usage_products USING (product_id)
),
metered AS (
    SELECT
        billed.contract_id,
        billed.product_id,
        billed.period_starting_at,
        list_sort(list_distinct(list(product_meters.meter_id))) AS meter_ids,
        bool_and(product_meters.one_segment) AS one_segment
    FROM billed
    JOIN product_meters
        ON product_meters.product_id = billed.product_id
        AND product_meters.starting_at < billed.period_ending_before
        AND billed.period_starting_at < product_meters.ending_before
    GROUP BY ALL
),
boundaries AS (
    SELECT contract_id, product_id, period_starting_at, rate_boundaries.boundary_at AS cut_at
    FROM billed
    JOIN rate_boundaries USING (rate_card_id, product_id)
    UNION ALL
    SELECT contract_id, product_id, period_starting_at, override_boundaries.boundary_at
    FROM billed
    JOIN override_reach USING (contract_id, product_id)
    JOIN override_boundaries USING (override_no)
    UNION ALL
    SELECT billed.contract_id, billed.product_id, billed.period_starting_at, breakdown_windows.starting_at
    FROM billed, breakdown_windows
),
cuts AS (
    SELECT contract_id, product_id, period_starting_at, unnest([period_starting_at, period_ending_before]) AS cut_at
    FROM billed
    UNION
    SELECT contract_id, product_id, period_starting_at, product_meters.starting_at
    FROM billed
    JOIN product_meters USING (product_id)
    WHERE period_starting_at < product_meters.starting_at AND product_meters.starting_at < period_ending_before
    UNION
    SELECT boundaries.contract_id, boundaries.product_id, boundaries.period_starting_at, boundaries.cut_at
    FROM boundaries
    JOIN billed USING (contract_id, product_id, period_starting_at)
    JOIN metered USING (contract_id, product_id, period_starting_at)
    WHERE NOT metered.one_segment
        AND billed.period_starting_at < boundaries.cut_at AND boundaries.cut_at < billed.period_ending_before
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
),
in_breakdown AS (
    SELECT between_cuts.*, breakdown_windows.starting_at AS breakdown_at
    FROM between_cuts
    ASOF LEFT JOIN breakdown_windows ON between_cuts.starting_at >= breakdown_windows.starting_at
    WHERE between_cuts.ending_before IS NOT NULL
)
SELECT
    billed.contract_id,
    billed.customer_id,
    billed.rate_card_id,
    billed.product_id,
    billed.usage_filter_no,
    product_meters.meter_id,
    product_meters.value_factor::HUGEINT AS value_factor,
    metered.meter_ids,
    billed.period_starting_at,
    billed.period_ending_before,
    in_breakdown.segment_no,
    in_breakdown.segments,
    in_breakdown.starting_at,
    in_breakdown.ending_before,
    in_breakdown.breakdown_at,
    CASE
        WHEN product_meters.one_segment THEN billed.period_ending_before - to_microseconds(1)
        ELSE in_breakdown.starting_at
    END AS priced_at
FROM billed
JOIN metered USING (contract_id, product_id, period_starting_at)
JOIN in_breakdown USING (contract_id, product_id, period_starting_at)
JOIN product_meters
    ON product_meters.product_id = billed.product_id
    AND product_meters.starting_at <= in_breakdown.starting_at
    AND in_breakdown.starting_at < product_meters.ending_before
