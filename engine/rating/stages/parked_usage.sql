-- Which contracts' usage cannot be billed exactly, and why?
-- Settled before usage is added up: amounts have 26 decimal places, which leaves twelve digits before the point, and an
-- invoice may use eleven of them and half of the twelfth. A metric that failed for a customer parks those contracts of
-- the customer that have a product with it.
-- Grain: contract_id, product_id, detail.
WITH largest AS (
    SELECT product_periods.contract_id, product_periods.customer_id, sum(ceil(abs(price.total))::DECIMAL(38, 0)) AS total
    FROM price
    JOIN product_periods USING (product_period_no)
    GROUP BY ALL
)
SELECT DISTINCT
    product_periods.contract_id,
    product_periods.customer_id,
    product_periods.product_id,
    'beyond_exact_range' AS reason,
    'a quantity needs more digits than an exact decimal holds' AS detail
FROM convert_and_round
JOIN product_periods USING (product_period_no)
WHERE quantity_before IS NULL OR quantity_after IS NULL
UNION ALL
SELECT DISTINCT
    product_periods.contract_id,
    product_periods.customer_id,
    product_periods.product_id,
    'beyond_exact_range' AS reason,
    CASE
        WHEN unit_price IS NULL THEN 'a unit price needs more digits than an exact decimal holds'
        ELSE 'an amount needs more digits than an exact decimal holds'
    END AS detail
FROM price
JOIN product_periods USING (product_period_no)
WHERE segment_quantity IS NOT NULL
    AND (unit_price IS NULL OR total IS NULL)
UNION ALL
SELECT
    contract_id,
    customer_id,
    NULL AS product_id,
    'beyond_exact_range' AS reason,
    'an invoice of 500,000,000,000 or more' AS detail
FROM largest
WHERE total >= 500000000000
UNION ALL
SELECT DISTINCT
    product_periods.contract_id,
    product_periods.customer_id,
    product_periods.product_id,
    'metric_failed' AS reason,
    failed_readings.detail
FROM failed_readings
JOIN product_meters USING (meter_id)
JOIN product_periods
    ON product_periods.customer_id = failed_readings.customer_id
    AND product_periods.product_id = product_meters.product_id
    AND product_periods.stretch_no = product_meters.stretch_no
    AND product_meters.starting_at < product_periods.period_ending_before
    AND product_periods.period_starting_at < product_meters.ending_before
