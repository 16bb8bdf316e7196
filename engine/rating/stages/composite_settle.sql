-- What was spent on the members of each composite charge, and what becomes of it?
-- Spend is what the lines of the member products come to after overrides, the negative ones too; a line belongs to the
-- segment that holds the instant it is priced as of, and lines do not cross segments (spec/rating.md §8, §17 Q10).
-- Neighbouring segments with the same price are one again, within a window of a breakdown. Spend has 18 places; what needs more parks the contract.
-- Grain: contract_id, product_id, period_starting_at, starting_at.
WITH spent AS (
    SELECT
        composite_segments.contract_id,
        composite_segments.product_id,
        composite_segments.period_starting_at,
        composite_segments.segment_no,
        sum(price.total) AS spend
    FROM composite_segments
    JOIN composite_members
        ON composite_members.composite_id = composite_segments.product_id
        AND composite_members.starting_at <= composite_segments.starting_at
        AND composite_segments.starting_at < composite_members.ending_before
    JOIN product_periods
        ON product_periods.product_id = composite_members.product_id
        AND product_periods.contract_id = composite_segments.contract_id
        AND product_periods.period_starting_at = composite_segments.period_starting_at
    JOIN price ON price.product_period_no = product_periods.product_period_no
    ANTI JOIN parked_usage ON parked_usage.contract_id = composite_segments.contract_id
    WHERE composite_segments.starting_at <= price.priced_at
        AND price.priced_at < composite_segments.ending_before
    GROUP BY ALL
),
settled AS (
    SELECT
        composite_segments.*,
        coalesce(spent.spend, 0)::DECIMAL(38, 26) AS spend,
        prices_in_force.rate_no,
        prices_in_force.price_override_no,
        prices_in_force.override_reason,
        prices_in_force.outcome
    FROM composite_segments
    JOIN prices_in_force USING (contract_id, product_id, priced_at)
    LEFT JOIN spent USING (contract_id, product_id, period_starting_at, segment_no)
),
numbered AS (
    SELECT
        *,
        segment_no - row_number() OVER (
            PARTITION BY
                contract_id, product_id, period_starting_at, breakdown_at, rate_no, price_override_no, outcome
            ORDER BY segment_no
        ) AS run_no
    FROM settled
),
merged AS (
    SELECT
        invoice_id,
        contract_id,
        customer_id,
        rate_card_id,
        product_id,
        period_starting_at,
        period_ending_before,
        min(starting_at) AS starting_at,
        max(ending_before) AS ending_before,
        sum(spend) AS spend,
        rate_no,
        price_override_no,
        arg_min_null(override_reason, segment_no) AS override_reason,
        outcome
    FROM numbered
    GROUP BY
        invoice_id, contract_id, customer_id, rate_card_id, product_id, period_starting_at, period_ending_before,
        breakdown_at, rate_no, price_override_no, outcome, run_no
),
running AS (
    SELECT *, sum(spend) OVER so_far AS spend_after, sum(spend) OVER so_far - spend AS spend_before
    FROM merged
    WINDOW so_far AS (
        PARTITION BY contract_id, product_id, period_starting_at ORDER BY starting_at
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
)
SELECT
    * EXCLUDE (spend, spend_before, spend_after),
    exactly_18(spend) AS spend,
    exactly_18(spend_before) AS spend_before,
    exactly_18(spend_after) AS spend_after
FROM running
