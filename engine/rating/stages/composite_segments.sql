-- Into which segments is each composite charge's statement period cut?
-- A cut is every instant at which one of its rates or an override that reaches it begins or ends, at which its own tags
-- and members or the tags of a member change, or at which a breakdown asks for a window of its own. Its members are cut
-- there, too.
-- Grain: contract_id, product_id, period_starting_at, segment_no.
WITH composite_periods AS (
    SELECT
        statement_periods.invoice_id,
        statement_periods.contract_id,
        statement_periods.customer_id,
        statement_periods.rate_card_id,
        statement_periods.period_starting_at,
        statement_periods.period_ending_before,
        products.product_id
    FROM statement_periods
    JOIN rate_card_products USING (rate_card_id)
    JOIN products USING (product_id)
    WHERE products.product_type = 'COMPOSITE'
),
boundaries AS (
    SELECT contract_id, product_id, period_starting_at, boundary_at
    FROM composite_periods
    JOIN rate_boundaries USING (rate_card_id, product_id)
    UNION
    SELECT contract_id, product_id, period_starting_at, unnest([override_reach.starting_at, override_reach.ending_before])
    FROM composite_periods
    JOIN override_reach USING (contract_id, product_id)
    UNION
    SELECT
        composite_periods.contract_id,
        composite_periods.product_id,
        period_starting_at,
        unnest([composite_members.starting_at, composite_members.ending_before])
    FROM composite_periods
    JOIN composite_members
        ON composite_members.composite_id = composite_periods.product_id
        AND composite_members.starting_at < composite_periods.period_ending_before
        AND composite_periods.period_starting_at < composite_members.ending_before
    JOIN rate_card_products
        ON rate_card_products.rate_card_id = composite_periods.rate_card_id
        AND rate_card_products.product_id = composite_members.product_id
    UNION
    SELECT contract_id, product_id, period_starting_at, breakdown_windows.starting_at
    FROM composite_periods
    JOIN breakdown_windows
        ON period_starting_at < breakdown_windows.starting_at AND breakdown_windows.starting_at < period_ending_before
),
starts AS (
    SELECT *, period_starting_at AS starting_at
    FROM composite_periods
    UNION ALL
    SELECT composite_periods.*, boundaries.boundary_at
    FROM composite_periods
    JOIN boundaries USING (contract_id, product_id, period_starting_at)
    WHERE period_starting_at < boundaries.boundary_at
        AND boundaries.boundary_at < period_ending_before
)
SELECT
    starts.*,
    breakdown_windows.starting_at AS breakdown_at,
    row_number() OVER composite_period AS segment_no,
    lead(starts.starting_at, 1, period_ending_before) OVER composite_period AS ending_before,
    starts.starting_at AS priced_at
FROM starts
ASOF LEFT JOIN breakdown_windows ON starts.starting_at >= breakdown_windows.starting_at
WINDOW composite_period AS (PARTITION BY contract_id, product_id, period_starting_at ORDER BY starts.starting_at)
