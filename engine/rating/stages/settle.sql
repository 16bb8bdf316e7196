-- What does each group have on its invoice, from when to when?
-- Neighbouring segments in which nothing changed for this group are one again, so that a cut made for another group
-- does not split its line. A line has one metric and one conversion, lies in one window of a breakdown, counts towards
-- the same pieces of composite charges, and can be covered by the same balances at the same prices from its start to its
-- end. `usage_no` is that of its first segment.
-- Grain: product_period_no, values_no, starting_at.
WITH settled AS NOT MATERIALIZED (
    SELECT
        convert_and_round.* EXCLUDE (product_id, stretch_no, version_no),
        prices_in_force.rate_no,
        prices_in_force.price_override_no,
        prices_in_force.override_reason,
        prices_in_force.outcome,
        composite_shares.piece_nos,
        balance_availability.coverers
    FROM convert_and_round
    JOIN prices_in_force USING (usage_no)
    LEFT JOIN composite_shares USING (product_period_no, segment_no)
    LEFT JOIN balance_availability USING (usage_no)
),
numbered AS (
    SELECT
        *,
        segment_no - row_number() OVER (
            PARTITION BY
                product_period_no, values_no, meter_id, terms_no, breakdown_at, piece_nos, coverers,
                rate_no, price_override_no, outcome
            ORDER BY segment_no
        ) AS run_no
    FROM settled
    WHERE segments > 1
),
merged AS (
    SELECT
        arg_min(usage_no, segment_no) AS usage_no,
        product_period_no,
        meter_id,
        terms_no,
        breakdown_at,
        min(starting_at) AS starting_at,
        max(ending_before) AS ending_before,
        min(priced_at) AS priced_at,
        values_no,
        used,
        arg_min(value_before, segment_no) AS value_before,
        arg_max(value_after, segment_no) AS value_after,
        arg_min_null(quantity_before, segment_no) AS quantity_before,
        arg_max_null(quantity_after, segment_no) AS quantity_after,
        rate_no,
        price_override_no,
        arg_min_null(override_reason, segment_no) AS override_reason,
        outcome
    FROM numbered
    GROUP BY
        product_period_no, meter_id, terms_no, breakdown_at, piece_nos, coverers, values_no, used,
        rate_no, price_override_no, outcome, run_no
)
SELECT * FROM merged
UNION ALL BY NAME
SELECT * EXCLUDE (segment_no, segments, piece_nos, coverers) FROM settled WHERE segments = 1
