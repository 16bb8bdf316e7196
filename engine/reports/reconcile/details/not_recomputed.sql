-- Which usage could not be counted in another way, and why?
-- Grain: metric_name, product_id, reason.
SELECT * FROM not_recomputed ORDER BY ALL
