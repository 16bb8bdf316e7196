-- Which part of which whole window is each window that was asked for?
-- Grain: window_id.
SELECT window_id, customer_period_no AS whole_id, starting_at, ending_before
FROM asked_windows
