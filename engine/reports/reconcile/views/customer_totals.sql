-- What each customer's invoices come to in each currency, now and in the published billing period before.
-- A total is steady when it moved by at most a quarter. Void invoices are not owed, and consolidated ones only repeat others.
-- Grain: currency, customer_id.
WITH owed AS (
    SELECT id, customer_id, customer_name, type, currency, total, 0::DECIMAL(38, 26) AS previous
    FROM invoices
    WHERE status <> 'VOID' AND type <> 'USAGE_CONSOLIDATED'
    UNION ALL BY NAME
    SELECT
        NULL AS id,
        customer_id,
        customer_name,
        'previous' AS type,
        currency,
        0::DECIMAL(38, 26) AS total,
        total AS previous
    FROM previous_invoices
    WHERE status <> 'VOID' AND type <> 'USAGE_CONSOLIDATED'
),
used AS (
    SELECT DISTINCT invoice_id
    FROM line_items
    WHERE type = 'usage' AND quantity <> 0
)
SELECT
    currency,
    customer_id,
    max(customer_name) AS customer_name,
    sum(previous)::DECIMAL(38, 26) AS previous,
    sum(total)::DECIMAL(38, 26) AS total,
    (sum(total) - sum(previous))::DECIMAL(38, 26) AS change,
    bool_or(type = 'USAGE') AS has_usage_invoice,
    bool_or(id IN (SELECT invoice_id FROM used)) AS has_usage,
    4 * abs(sum(total) - sum(previous))::DECIMAL(38, 12) <= abs(sum(previous))::DECIMAL(38, 12) AS is_steady
FROM owed
GROUP BY currency, customer_id
