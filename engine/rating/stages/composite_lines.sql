-- What does each composite charge cost?
-- A percentage of the spend, or of each part of it that lies in a tier of spend, where the tiers go by what was spent so
-- far in the statement period. If that comes to less than the minimum in force at the end of the period, one more line
-- makes up the difference (spec/rating.md §8, §17 Q10).
-- Spend and fraction have at most 18 places each and 26 together. What does not fit is NULL here and parked next.
-- Grain: line_key within invoice_id.
WITH billed AS (
    SELECT
        composite_settle.*,
        overrides.override_type,
        overrides.multiplier,
        CASE WHEN overrides.override_type = 'OVERWRITE' THEN NULL ELSE composite_settle.rate_no END AS tiers_of_rate_no,
        CASE WHEN overrides.override_type = 'OVERWRITE' THEN composite_settle.price_override_no
        END AS tiers_of_override_no
    FROM composite_settle
    LEFT JOIN overrides ON overrides.override_no = composite_settle.price_override_no
    WHERE composite_settle.outcome = 'billed'
),
tiered AS (
    SELECT billed.*, price_tiers.* EXCLUDE (rate_no, override_no)
    FROM billed
    JOIN price_tiers
        ON price_tiers.rate_no IS NOT DISTINCT FROM billed.tiers_of_rate_no
        AND price_tiers.override_no IS NOT DISTINCT FROM billed.tiers_of_override_no
),
shares AS (
    SELECT
        * REPLACE (
            tier_starting_at::DECIMAL(38, 18) AS tier_starting_at, tier_ending_at::DECIMAL(38, 18) AS tier_ending_at
        ),
        least(greatest(spend_after, tier_starting_at::DECIMAL(38, 18)), tier_ending_at::DECIMAL(38, 18))
            - least(greatest(spend_before, tier_starting_at::DECIMAL(38, 18)), tier_ending_at::DECIMAL(38, 18))
            AS quantity,
        (price * coalesce(multiplier, 1))::EXACT_UNIT_PRICE AS exact_unit_price
    FROM tiered
),
charged AS (
    SELECT
        * EXCLUDE (exact_unit_price),
        CASE
            WHEN try_cast(try_cast(exact_unit_price AS DECIMAL(38, 18)) AS EXACT_UNIT_PRICE) = exact_unit_price
            THEN try_cast(exact_unit_price AS DECIMAL(38, 18))
        END AS unit_price
    FROM shares
    WHERE quantity <> 0 OR quantity IS NULL
),
percentages AS (
    SELECT *, exact_product(quantity, unit_price) AS total
    FROM charged
),
charged_so_far AS (
    SELECT contract_id, product_id, period_starting_at, sum(total) AS total
    FROM percentages
    GROUP BY contract_id, product_id, period_starting_at
),
shortfalls AS (
    SELECT
        billed.* EXCLUDE (spend, spend_before, spend_after),
        exactly_18(minimums.minimum::DECIMAL(38, 26) - coalesce(charged_so_far.total, 0)::DECIMAL(38, 26)) AS shortfall
    FROM billed
    JOIN minimums
        ON minimums.rate_no IS NOT DISTINCT FROM billed.tiers_of_rate_no
        AND minimums.override_no IS NOT DISTINCT FROM billed.tiers_of_override_no
    LEFT JOIN charged_so_far USING (contract_id, product_id, period_starting_at)
    WHERE billed.ending_before = billed.period_ending_before
        AND minimums.minimum::DECIMAL(38, 26) > coalesce(charged_so_far.total, 0)::DECIMAL(38, 26)
),
lines AS (
    SELECT
        *,
        price::DECIMAL(38, 18) AS list_unit_price,
        false AS is_minimum
    FROM percentages
    UNION ALL BY NAME
    SELECT
        * EXCLUDE (shortfall, starting_at, ending_before)
            REPLACE (last_override_reason AS override_reason),
        period_starting_at AS starting_at,
        period_ending_before AS ending_before,
        1::DECIMAL(38, 18) AS quantity,
        shortfall AS unit_price,
        shortfall::DECIMAL(38, 26) AS total,
        NULL::DECIMAL(38, 18) AS list_unit_price,
        true AS is_minimum
    FROM shortfalls
)
SELECT
    invoice_id,
    contract_id,
    customer_id,
    rate_card_id,
    'usage' AS type,
    product_id,
    concat_ws(' ', CASE WHEN is_minimum THEN 'minimum' ELSE instant_text(starting_at) END, tier_level) AS line_key,
    CASE WHEN is_minimum THEN ' minimum' END AS name_suffix,
    period_starting_at,
    period_ending_before,
    starting_at,
    ending_before,
    quantity,
    unit_price,
    total,
    tier_level,
    tier_starting_at,
    tier_ending_at,
    rate_no,
    CASE WHEN override_type IS DISTINCT FROM 'OVERWRITE' THEN list_unit_price END AS list_unit_price,
    price_override_no,
    override_reason,
    override_type,
    multiplier
FROM lines
