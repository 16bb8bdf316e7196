-- What each segment gave in this billing period, and what lines of invoices that are not void took off by it.
-- In the balance's currency, or in units for one that counts them.
-- Grain: segment_id.
WITH applied AS (
    SELECT
        line_items.commit_segment_id AS segment_id,
        any_value(CASE line_items.access_type WHEN 'QUANTITY' THEN 'units' ELSE line_items.currency END) AS currency,
        sum(CASE line_items.access_type
            WHEN 'QUANTITY' THEN line_items.quantity_consumed::DECIMAL(38, 26)
            ELSE -line_items.total
        END)::DECIMAL(38, 26) AS applied
    FROM line_items
    JOIN invoices ON invoices.id = line_items.invoice_id
    WHERE line_items.type = 'applied_commit_or_credit'
        AND line_items.origin_line_item_id IS NULL
        AND invoices.status <> 'VOID'
    GROUP BY line_items.commit_segment_id
)
SELECT
    coalesce(segment_balances.segment_id, applied.segment_id) AS segment_id,
    segment_balances.customer_id,
    segment_balances.balance_name,
    coalesce(
        CASE segment_balances.access_type WHEN 'QUANTITY' THEN 'units' ELSE segment_balances.currency END,
        applied.currency,
        'units'
    ) AS currency,
    coalesce(segment_balances.drawn, 0)::DECIMAL(38, 26) AS drawn,
    coalesce(applied.applied, 0)::DECIMAL(38, 26) AS applied
FROM segment_balances
FULL JOIN applied ON applied.segment_id = segment_balances.segment_id
