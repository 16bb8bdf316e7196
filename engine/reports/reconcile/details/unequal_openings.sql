-- Which segments of balances open with something else than they closed with in the billing period before?
-- Grain: segment_id.
SELECT * FROM segment_openings WHERE closed_with IS DISTINCT FROM opened_with ORDER BY segment_id
