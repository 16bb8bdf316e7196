-- Which rate is in force for each group?
-- The rate whose pricing group values all equal the group's; else the product's default rate, which has none; else
-- no rate, which is reported as unrated and never passed over in silence (spec/rating.md §3.3, §17 Q4). Of several
-- in force the latest start wins, then the last added.
-- Grain: rate_card_id, product_id, pricing_values, priced_at.
WITH wanted AS (
    SELECT DISTINCT rate_card_id, product_id, pricing_values, priced_at
    FROM convert_and_round
),
exact AS (
    SELECT wanted.*, arg_max(rates.rate_no, row(rates.starting_at, rates.rate_no)) AS rate_no
    FROM wanted
    JOIN rates
        ON rates.rate_card_id = wanted.rate_card_id
        AND rates.product_id = wanted.product_id
        AND rates.pricing_values = wanted.pricing_values
    WHERE rates.starting_at <= wanted.priced_at
        AND coalesce(wanted.priced_at < rates.ending_before, true)
    GROUP BY ALL
),
default_rates AS (
    SELECT
        wanted.rate_card_id,
        wanted.product_id,
        wanted.priced_at,
        arg_max(rates.rate_no, row(rates.starting_at, rates.rate_no)) AS rate_no
    FROM (SELECT DISTINCT rate_card_id, product_id, priced_at FROM wanted) AS wanted
    JOIN rates
        ON rates.rate_card_id = wanted.rate_card_id
        AND rates.product_id = wanted.product_id
    WHERE rates.pricing_values IS NULL
        AND rates.starting_at <= wanted.priced_at
        AND coalesce(wanted.priced_at < rates.ending_before, true)
    GROUP BY ALL
)
SELECT
    wanted.rate_card_id,
    wanted.product_id,
    wanted.pricing_values,
    wanted.priced_at,
    coalesce(exact.rate_no, default_rates.rate_no) AS rate_no
FROM wanted
LEFT JOIN exact
    ON exact.rate_card_id = wanted.rate_card_id
    AND exact.product_id = wanted.product_id
    AND exact.pricing_values IS NOT DISTINCT FROM wanted.pricing_values
    AND exact.priced_at = wanted.priced_at
LEFT JOIN default_rates
    ON default_rates.rate_card_id = wanted.rate_card_id
    AND default_rates.product_id = wanted.product_id
    AND default_rates.priced_at = wanted.priced_at
