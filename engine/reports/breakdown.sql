-- The lines of a bill that was cut at the start of every window, each with its window.
-- A line ends in its window; only what is billed once for a service period began before it.
-- Grain: id.
WITH in_windows AS (
    SELECT
        line_items.*,
        breakdown_windows.starting_at AS window_starting_at
    FROM line_items
    ASOF JOIN breakdown_windows ON line_items.ending_before > breakdown_windows.starting_at
)
SELECT
    window_starting_at,
    coalesce(ends.window_ending_before, billing_period.ending_before) AS window_ending_before,
    invoices.customer_name,
    in_windows.* EXCLUDE (window_starting_at)
FROM in_windows
CROSS JOIN billing_period
LEFT JOIN (
    SELECT starting_at, lead(starting_at) OVER (ORDER BY starting_at) AS window_ending_before FROM breakdown_windows
) AS ends ON ends.starting_at = in_windows.window_starting_at
JOIN invoices ON invoices.id = in_windows.invoice_id
ORDER BY
    invoices.customer_name, invoices.customer_id, invoices.starting_at, invoices.contract_id, in_windows.product_name,
    in_windows.product_id, in_windows.pricing_group_values, in_windows.presentation_group_values, window_starting_at,
    in_windows.starting_at, in_windows.tier_level, in_windows.id
