-- Into which segments is a product's statement period cut?
-- A cut is every instant at which a rate of the product or an override that can touch it begins or ends, at which a
-- composite charge on the product is cut, at which a balance that can cover the product begins or ends, at which the
-- product is metered, converted, rounded or keyed differently, or at which a breakdown asks for a window of its own
-- (spec/rating.md §0.3).
-- What is metered once for its whole service period is priced as of its last instant and cut by changes of its quantity
-- alone (spec/metering.md §8.1). Most periods have no cut and are one segment, without being sorted.
-- Grain: product_period_no, segment_no.
WITH composite_cuts AS (
    SELECT DISTINCT product_periods.product_period_no, composite_segments.starting_at AS cut_at
    FROM composite_members
    JOIN composite_segments ON composite_segments.product_id = composite_members.composite_id
    JOIN product_periods
        ON product_periods.product_id = composite_members.product_id
        AND product_periods.contract_id = composite_segments.contract_id
        AND product_periods.period_starting_at = composite_segments.period_starting_at
        AND product_periods.period_starting_at < composite_members.ending_before
        AND composite_members.starting_at < product_periods.period_ending_before
    WHERE composite_segments.segment_no > 1
),
balance_bounds AS (
    SELECT DISTINCT contract_id, product_id, credit_type_id, unnest([starting_at, ending_before]) AS cut_at
    FROM balance_reach
),
balance_cuts AS (
    SELECT product_periods.product_period_no, balance_bounds.cut_at
    FROM product_periods
    JOIN rate_card_products USING (rate_card_id, product_id)
    JOIN balance_bounds
        ON balance_bounds.contract_id = product_periods.contract_id
        AND product_periods.period_starting_at < balance_bounds.cut_at
        AND balance_bounds.cut_at < product_periods.period_ending_before
    WHERE product_periods.cut_by_prices
        AND coalesce(balance_bounds.product_id = product_periods.product_id, true)
        AND coalesce(balance_bounds.credit_type_id = rate_card_products.credit_type_id, true)
),
boundaries AS (
    SELECT product_period_no, rate_boundaries.boundary_at AS cut_at
    FROM product_periods
    JOIN rate_boundaries USING (rate_card_id, product_id)
    WHERE cut_by_prices AND period_starting_at < boundary_at AND boundary_at < period_ending_before
    UNION
    SELECT product_period_no, override_reach.starting_at
    FROM product_periods
    JOIN override_reach USING (contract_id, product_id)
    WHERE cut_by_prices
        AND period_starting_at < override_reach.starting_at
        AND override_reach.starting_at < period_ending_before
    UNION
    SELECT product_period_no, override_reach.ending_before
    FROM product_periods
    JOIN override_reach USING (contract_id, product_id)
    WHERE cut_by_prices
        AND period_starting_at < override_reach.ending_before
        AND override_reach.ending_before < period_ending_before
    UNION
    SELECT product_period_no, cut_at
    FROM composite_cuts
    UNION
    SELECT product_period_no, cut_at
    FROM balance_cuts
    UNION
    SELECT product_period_no, breakdown_windows.starting_at
    FROM product_periods
    JOIN breakdown_windows
        ON period_starting_at < breakdown_windows.starting_at AND breakdown_windows.starting_at < period_ending_before
    WHERE cut_by_prices
),
cuts AS (
    SELECT product_period_no, cut_at
    FROM boundaries
    JOIN product_periods USING (product_period_no)
    JOIN product_meters
        ON product_meters.product_id = product_periods.product_id
        AND product_meters.stretch_no = product_periods.stretch_no
        AND product_meters.starting_at <= cut_at
        AND cut_at < product_meters.ending_before
    WHERE NOT product_meters.one_segment
    UNION
    SELECT product_period_no, quantity_boundaries.boundary_at
    FROM product_periods
    JOIN quantity_boundaries USING (product_id)
    WHERE period_starting_at < quantity_boundaries.boundary_at
        AND quantity_boundaries.boundary_at < period_ending_before
),
starts AS (
    SELECT product_period_no, period_starting_at AS starting_at, period_ending_before
    FROM product_periods
    SEMI JOIN cuts USING (product_period_no)
    UNION ALL
    SELECT product_period_no, cut_at, period_ending_before
    FROM cuts
    JOIN product_periods USING (product_period_no)
),
stretches AS (
    SELECT
        product_period_no,
        row_number() OVER product_period AS segment_no,
        count(*) OVER (PARTITION BY product_period_no) AS segments,
        starting_at,
        lead(starting_at, 1, period_ending_before) OVER product_period AS ending_before
    FROM starts
    WINDOW product_period AS (PARTITION BY product_period_no ORDER BY starting_at)
    UNION ALL
    SELECT product_period_no, 1, 1, period_starting_at, period_ending_before
    FROM product_periods
    ANTI JOIN cuts USING (product_period_no)
)
SELECT
    stretches.*,
    breakdown_windows.starting_at AS breakdown_at,
    stretches.starting_at >= product_periods.billed_from
        AND stretches.starting_at < product_periods.billed_before AS billed_here,
    product_meters.meter_id,
    product_meters.value_factor::HUGEINT AS value_factor,
    product_versions.version_no,
    product_versions.terms_no,
    CASE
        WHEN product_meters.one_segment THEN product_periods.period_ending_before - to_microseconds(1)
        ELSE stretches.starting_at
    END AS priced_at
FROM stretches
JOIN product_periods USING (product_period_no)
JOIN product_meters
    ON product_meters.product_id = product_periods.product_id
    AND product_meters.stretch_no = product_periods.stretch_no
    AND product_meters.starting_at <= stretches.starting_at
    AND stretches.starting_at < product_meters.ending_before
JOIN product_versions
    ON product_versions.product_id = product_periods.product_id
    AND product_versions.starting_at <= stretches.starting_at
    AND stretches.starting_at < product_versions.ending_before
ASOF LEFT JOIN breakdown_windows ON stretches.starting_at >= breakdown_windows.starting_at
