-- Which meters must be read to know how far a product had come at the end of each segment?
-- The product's own meter; and when the metric was swapped within the statement period, every one of them up to every
-- cut, because each counts from the start of the period (spec/metering.md §8.2). A meter whose values can be combined
-- is read over each segment alone, any other from the start of the statement period.
-- Customer, usage filter and times make a window; meters and contracts that ask for the same one share it.
-- Grain: contract_id, product_id, meter_id, starting_at.
WITH asked AS (
    SELECT
        contract_id,
        customer_id,
        product_id,
        usage_filter_no,
        period_starting_at,
        segment_no,
        starting_at,
        ending_before,
        unnest(meter_ids) AS meter_id
    FROM segments
)
SELECT
    asked.*,
    meters.combined_by,
    CASE WHEN meters.combined_by IS NULL THEN asked.period_starting_at ELSE asked.starting_at END AS metered_from,
    dense_rank() OVER (
        ORDER BY customer_id, usage_filter_no, period_starting_at, metered_from, ending_before
    ) AS window_id
FROM asked
JOIN meters USING (meter_id)
