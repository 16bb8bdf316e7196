-- Two lines for each entry, a debit and a credit of the same amount: one entry for each mapping, category, product,
-- service month, state and currency. An amount below zero changes sides.
-- Grain: entry, side.
WITH entries AS (
    SELECT
        lines.month,
        lines.service_month,
        CASE WHEN lines.status = 'FINALIZED' THEN 'recognized' ELSE 'accrued' END AS state,
        lines.category,
        lines.product_id,
        lines.product_name,
        lines.currency,
        mappings.row AS mapping_row,
        mappings.debit AS debit_account,
        mappings.credit AS credit_account,
        sum(lines.amount)::DECIMAL(38, 26) AS amount
    FROM revenue_lines AS lines
    JOIN mappings
        ON mappings.category = lines.category
        AND mappings.product_id IS NOT DISTINCT FROM lines.product_id
        AND mappings.product_name = lines.product_name
    GROUP BY ALL
    HAVING sum(lines.amount) <> 0
),
numbered AS (
    SELECT
        row_number() OVER (
            ORDER BY month, service_month, state, category, product_name, product_id, currency, mapping_row
        ) AS entry,
        *
    FROM entries
)
SELECT
    numbered.entry,
    sides.side,
    numbered.month,
    numbered.service_month,
    numbered.state,
    numbered.category,
    numbered.product_id,
    numbered.product_name,
    CASE sides.side WHEN 'debit' THEN numbered.debit_account ELSE numbered.credit_account END AS account,
    CASE WHEN (sides.side = 'debit') = (numbered.amount > 0) THEN abs(numbered.amount) ELSE 0 END::DECIMAL(38, 26)
        AS debit,
    CASE WHEN (sides.side = 'debit') = (numbered.amount > 0) THEN 0 ELSE abs(numbered.amount) END::DECIMAL(38, 26)
        AS credit,
    numbered.currency
FROM numbered
CROSS JOIN (VALUES ('debit', 1), ('credit', 2)) AS sides (side, position)
ORDER BY numbered.entry, sides.position
