-- What needs a price, and as of when?
-- Each group of a usage product in each segment; each segment of a composite charge; each billing period of a
-- subscription, which keeps one price throughout. Only usage has group values.
-- Grain: contract_id, product_id, billing_frequency, pricing_key_no, pricing_values, presentation_values, priced_at; for
-- usage also usage_no, which is all that the usage stages join by.
SELECT
    convert_and_round.usage_no,
    product_periods.contract_id,
    product_periods.rate_card_id,
    product_periods.product_id,
    NULL::VARCHAR AS billing_frequency,
    convert_and_round.pricing_key_no,
    convert_and_round.pricing_keys,
    convert_and_round.presentation_keys,
    convert_and_round.pricing_values,
    convert_and_round.presentation_values,
    convert_and_round.priced_at
FROM convert_and_round
JOIN product_periods USING (product_period_no)
UNION ALL
SELECT
    NULL, contract_id, rate_card_id, product_id, NULL, NULL, [], [], []::VARCHAR[], []::VARCHAR[], priced_at
FROM composite_segments
UNION ALL
SELECT DISTINCT
    NULL, contract_id, rate_card_id, product_id, billing_frequency, NULL, [], [], []::VARCHAR[], []::VARCHAR[],
    priced_at
FROM subscription_parts
