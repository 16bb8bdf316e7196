-- What was spent on the members of each composite charge, and what becomes of it?
-- Spend is what the lines of the member products come to after overrides, the negative ones too; a line counts where the
-- instant lies that it is priced as of, and lines do not cross pieces (spec/rating.md §8, §17 Q10). Spend has 18 places;
-- what needs more parks the contract.
-- Grain: contract_id, product_id, period_starting_at, starting_at.
WITH pieces AS (
    SELECT
        piece_no,
        invoice_id,
        contract_id,
        customer_id,
        rate_card_id,
        product_id,
        period_starting_at,
        period_ending_before,
        min(starting_at) AS starting_at,
        max(ending_before) AS ending_before,
        rate_no,
        price_override_no,
        arg_min_null(override_reason, segment_no) AS override_reason,
        arg_max_null(override_reason, segment_no) AS last_override_reason,
        outcome
    FROM composite_pieces
    GROUP BY
        piece_no, invoice_id, contract_id, customer_id, rate_card_id, product_id, period_starting_at,
        period_ending_before, rate_no, price_override_no, outcome
),
spent AS (
    SELECT composite_pieces.piece_no, sum(price.total) AS spend
    FROM composite_pieces
    JOIN composite_members
        ON composite_members.composite_id = composite_pieces.product_id
        AND composite_members.starting_at < composite_pieces.ending_before
        AND composite_pieces.starting_at < composite_members.ending_before
    JOIN product_periods
        ON product_periods.product_id = composite_members.product_id
        AND product_periods.contract_id = composite_pieces.contract_id
        AND product_periods.period_starting_at = composite_pieces.period_starting_at
    JOIN price ON price.product_period_no = product_periods.product_period_no
    ANTI JOIN parked_usage ON parked_usage.contract_id = composite_pieces.contract_id
    WHERE composite_pieces.starting_at <= price.priced_at
        AND price.priced_at < composite_pieces.ending_before
        AND composite_members.starting_at <= price.priced_at
        AND price.priced_at < composite_members.ending_before
    GROUP BY composite_pieces.piece_no
),
running AS (
    SELECT
        pieces.* EXCLUDE (piece_no),
        coalesce(spent.spend, 0)::DECIMAL(38, 26) AS spend,
        sum(coalesce(spent.spend, 0)::DECIMAL(38, 26)) OVER so_far AS spend_after,
        spend_after - coalesce(spent.spend, 0)::DECIMAL(38, 26) AS spend_before
    FROM pieces
    LEFT JOIN spent USING (piece_no)
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
