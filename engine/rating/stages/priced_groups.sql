-- What needs a price, and as of when?
-- Each group of a usage product in each segment; each segment of a composite charge; each billing period of a
-- subscription, which keeps one price throughout. Only usage has group values.
-- Grain: priced_no (one per usage_no, contract_id, product_id, billing_frequency, priced_at). Usage is joined by usage_no,
-- which the others lack.
WITH wanted AS (
    SELECT
        convert_and_round.usage_no,
        product_periods.contract_id,
        product_periods.rate_card_id,
        product_periods.product_id,
        NULL::VARCHAR AS billing_frequency,
        convert_and_round.values_no,
        convert_and_round.priced_at
    FROM convert_and_round
    JOIN product_periods USING (product_period_no)
    UNION ALL
    SELECT NULL, contract_id, rate_card_id, product_id, NULL, NULL, priced_at
    FROM composite_segments
    UNION ALL
    SELECT DISTINCT NULL, contract_id, rate_card_id, product_id, billing_frequency, NULL, priced_at
    FROM subscription_parts
)
SELECT row_number() OVER () AS priced_no, *
FROM wanted
