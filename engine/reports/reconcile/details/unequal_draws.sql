-- Which segments of balances gave something else than the lines of invoices took?
-- Grain: segment_id.
SELECT * FROM segment_draws WHERE drawn <> applied ORDER BY segment_id
