-- Which usage products are metered in which statement periods of which contracts?
-- A product whose group keys change within the period is metered apart before and after, by other groups; each such
-- stretch is metered over the whole statement period and billed from `billed_from` until `billed_before`.
-- Each gets a number, by which the stages up to price group and join: a number is many times cheaper than two ids and
-- a time. So does each customer_period, the events that a statement period looks at: one customer's, through one usage
-- filter, from one instant on. Contracts that look at the same events share it, and with it what is read.
-- One adds up when it is converted or rounded differently from some instant of the period on, or begins within it.
-- A product cut by prices has a metric in the period that is not billed once for the whole of it.
-- Grain: product_period_no (one per contract_id, product_id, stretch_no, period_starting_at).
WITH customer_periods AS (
    SELECT
        statement_periods.*,
        contracts.usage_filter_no,
        dense_rank() OVER (
            ORDER BY statement_periods.customer_id, contracts.usage_filter_no, period_starting_at
        ) AS customer_period_no
    FROM statement_periods
    JOIN contracts USING (contract_id)
)
SELECT
    row_number() OVER () AS product_period_no,
    customer_periods.customer_period_no,
    customer_periods.invoice_id,
    customer_periods.contract_id,
    customer_periods.customer_id,
    customer_periods.rate_card_id,
    product_stretches.product_id,
    product_stretches.stretch_no,
    customer_periods.usage_filter_no,
    customer_periods.period_starting_at,
    customer_periods.period_ending_before,
    greatest(customer_periods.period_starting_at, product_stretches.starting_at) AS billed_from,
    least(customer_periods.period_ending_before, product_stretches.ending_before) AS billed_before,
    customer_periods.period_starting_at < product_stretches.starting_at OR EXISTS (
        FROM product_versions
        WHERE product_versions.product_id = product_stretches.product_id
            AND product_versions.terms_no > 0
            AND customer_periods.period_starting_at < product_versions.starting_at
            AND product_versions.starting_at < customer_periods.period_ending_before
    ) AS adds_up,
    EXISTS (
        FROM product_meters
        WHERE product_meters.product_id = product_stretches.product_id
            AND product_meters.stretch_no = product_stretches.stretch_no
            AND NOT product_meters.one_segment
            AND product_meters.starting_at < customer_periods.period_ending_before
            AND customer_periods.period_starting_at < product_meters.ending_before
    ) AS cut_by_prices
FROM customer_periods
JOIN rate_card_products USING (rate_card_id)
JOIN product_stretches
    ON product_stretches.product_id = rate_card_products.product_id
    AND product_stretches.starting_at < customer_periods.period_ending_before
    AND customer_periods.period_starting_at < product_stretches.ending_before
