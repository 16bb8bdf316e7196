-- Billed, unrated or not entitled: what becomes of each group in each segment?
-- Neighbouring segments in which nothing changed for this group are one again, so that a cut made for another group
-- does not split its line. A line has one metric, and in a breakdown one window.
-- Grain: contract_id, product_id, period_starting_at, pricing_values, presentation_values, starting_at.
WITH settled AS (
    SELECT
        convert_and_round.*,
        match_rates.rate_no,
        choose_overrides.price_override_no,
        CASE
            WHEN match_rates.rate_no IS NULL AND coalesce(price_override.override_type <> 'OVERWRITE', true)
                THEN 'unrated'
            WHEN coalesce(entitlement_override.entitled, rates.entitled, true) THEN 'billed'
            ELSE 'not_entitled'
        END AS outcome
    FROM convert_and_round
    JOIN match_rates
        ON match_rates.rate_card_id = convert_and_round.rate_card_id
        AND match_rates.product_id = convert_and_round.product_id
        AND match_rates.pricing_values IS NOT DISTINCT FROM convert_and_round.pricing_values
        AND match_rates.priced_at = convert_and_round.priced_at
    LEFT JOIN rates ON rates.rate_no = match_rates.rate_no
    LEFT JOIN choose_overrides
        ON choose_overrides.contract_id = convert_and_round.contract_id
        AND choose_overrides.product_id = convert_and_round.product_id
        AND choose_overrides.pricing_values IS NOT DISTINCT FROM convert_and_round.pricing_values
        AND choose_overrides.presentation_values IS NOT DISTINCT FROM convert_and_round.presentation_values
        AND choose_overrides.priced_at = convert_and_round.priced_at
    LEFT JOIN overrides AS price_override ON price_override.override_no = choose_overrides.price_override_no
    LEFT JOIN overrides AS entitlement_override
        ON entitlement_override.override_no = choose_overrides.entitlement_override_no
),
numbered AS (
    SELECT
        *,
        segment_no - row_number() OVER (
            PARTITION BY
                contract_id, product_id, period_starting_at, pricing_values, presentation_values,
                meter_id, breakdown_at, rate_no, price_override_no, outcome
            ORDER BY segment_no
        ) AS run_no
    FROM settled
    WHERE segments > 1
),
merged AS (
    SELECT
        contract_id,
        customer_id,
        rate_card_id,
        product_id,
        meter_id,
        period_starting_at,
        period_ending_before,
        breakdown_at,
        min(starting_at) AS starting_at,
        max(ending_before) AS ending_before,
        pricing_keys,
        presentation_keys,
        pricing_values,
        presentation_values,
        used,
        arg_min(value_before, segment_no) AS value_before,
        arg_max(value_after, segment_no) AS value_after,
        arg_min_null(quantity_before, segment_no) AS quantity_before,
        arg_max_null(quantity_after, segment_no) AS quantity_after,
        rate_no,
        price_override_no,
        outcome
    FROM numbered
    GROUP BY
        contract_id, customer_id, rate_card_id, product_id, meter_id, period_starting_at, period_ending_before,
        breakdown_at, pricing_keys, presentation_keys, pricing_values, presentation_values, used,
        rate_no, price_override_no, outcome, run_no
)
SELECT * FROM merged
UNION ALL BY NAME
SELECT * EXCLUDE (segment_no, segments, priced_at) FROM settled WHERE segments = 1
