-- The days of the billing period in which events can be known by now: those before the day of the latest arrival.
-- Grain: day.
SELECT unnest(range(starting_at, least(ending_before, known_until), INTERVAL 1 DAY))::DATE AS day
FROM billing_period
