-- The lines of a bill that was cut at the start of every window, each with its window.
-- A line of usage ends in its window; only what is billed once for a service period began before it. What is not metered
-- stands in the last window of what it is charged for, and what is on an invoice of an instant in that of its instant.
-- Consolidated invoices only repeat others and are left out.
-- Grain: id.
WITH lines AS (
    SELECT
        line_items.*,
        CASE
            WHEN invoices.ending_before IS NULL THEN invoices.issued_at + to_microseconds(1)
            ELSE least(line_items.ending_before, invoices.ending_before)
        END AS stands_before
    FROM line_items
    JOIN invoices ON invoices.id = line_items.invoice_id
    WHERE line_items.origin_line_item_id IS NULL
),
in_windows AS (
    SELECT
        lines.* EXCLUDE (stands_before),
        breakdown_windows.starting_at AS window_starting_at
    FROM lines
    ASOF JOIN breakdown_windows ON lines.stands_before > breakdown_windows.starting_at
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
    invoices.customer_name, invoices.customer_id, invoices.starting_at, invoices.contract_id, in_windows.name,
    in_windows.product_id, in_windows.pricing_group_values, in_windows.presentation_group_values, window_starting_at,
    in_windows.starting_at, in_windows.tier_level, in_windows.id
