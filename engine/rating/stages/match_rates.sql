-- Which rate is in force for each group?
-- The rate whose pricing group values all equal the group's; else the product's default rate, which has none; else
-- no rate, which is reported as unrated and never passed over in silence (spec/rating.md §3.3, §17 Q4). Of several
-- in force the latest start wins, then the last added. A subscription's rate is one of its billing frequency.
-- Grain: rate_card_id, product_id, billing_frequency, values_no, priced_at.
WITH wanted AS (
    SELECT DISTINCT rate_card_id, product_id, billing_frequency, values_no, priced_at
    FROM priced_groups
),
exact AS (
    SELECT
        wanted.rate_card_id,
        wanted.values_no,
        wanted.priced_at,
        arg_max(rate_values.rate_no, row(rate_values.starting_at, rate_values.rate_no)) AS rate_no
    FROM wanted
    JOIN group_values USING (values_no)
    JOIN rate_values
        ON rate_values.rate_card_id = wanted.rate_card_id
        AND rate_values.product_id = group_values.product_id
        AND rate_values.pricing_key_no = group_values.pricing_key_no
        AND rate_values.pricing_values = group_values.pricing_values
    WHERE rate_values.starting_at <= wanted.priced_at
        AND wanted.priced_at < rate_values.ending_before
    GROUP BY ALL
),
default_rates AS (
    SELECT
        wanted.rate_card_id,
        wanted.product_id,
        wanted.billing_frequency,
        wanted.priced_at,
        arg_max(rates.rate_no, row(rates.starting_at, rates.rate_no)) AS rate_no
    FROM (SELECT DISTINCT rate_card_id, product_id, billing_frequency, priced_at FROM wanted) AS wanted
    JOIN rates
        ON rates.rate_card_id = wanted.rate_card_id
        AND rates.product_id = wanted.product_id
        AND rates.billing_frequency IS NOT DISTINCT FROM wanted.billing_frequency
    WHERE rates.is_default
        AND rates.starting_at <= wanted.priced_at
        AND wanted.priced_at < rates.ending_before
    GROUP BY ALL
)
SELECT wanted.*, coalesce(exact.rate_no, default_rates.rate_no) AS rate_no
FROM wanted
LEFT JOIN exact
    ON exact.rate_card_id = wanted.rate_card_id
    AND exact.values_no = wanted.values_no
    AND exact.priced_at = wanted.priced_at
LEFT JOIN default_rates
    ON default_rates.rate_card_id = wanted.rate_card_id
    AND default_rates.product_id = wanted.product_id
    AND default_rates.billing_frequency IS NOT DISTINCT FROM wanted.billing_frequency
    AND default_rates.priced_at = wanted.priced_at
