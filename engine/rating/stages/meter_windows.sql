-- Over which windows of which customers must each meter be read?
-- Products and contracts that ask for the same window share its reading.
-- Grain: window_id (one per meter_id, customer_id, starting_at, ending_before).
SELECT
    row_number() OVER (ORDER BY meter_id, customer_id, starting_at, ending_before) AS window_id,
    meter_id,
    customer_id,
    starting_at,
    ending_before
FROM (
    SELECT DISTINCT meter_id, customer_id, metered_from AS starting_at, ending_before
    FROM segments
)
