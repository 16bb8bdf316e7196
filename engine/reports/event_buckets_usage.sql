-- Where does usage stand, by group values and time?
-- On lines that cost something, on lines that cost nothing before balances, or, without a line, in unrated or
-- not_entitled. What balances cover are lines of another type; a consolidated invoice only repeats the lines of others.
-- Grain: as the outputs.
WITH standing AS (
    SELECT
        lines.contract_id,
        lines.product_id,
        lines.pricing_group_values,
        lines.presentation_group_values,
        lines.starting_at,
        lines.ending_before,
        CASE WHEN lines.total <> 0 THEN 'billed' ELSE 'rated_zero' END AS bucket
    FROM published_line_items AS lines
    SEMI JOIN (FROM published_invoices WHERE status <> 'VOID') AS open ON open.id = lines.invoice_id
    WHERE lines.type = 'usage' AND lines.origin_line_item_id IS NULL
    UNION ALL BY NAME
    SELECT *, 'unrated' AS bucket FROM published_unrated
    UNION ALL BY NAME
    SELECT *, 'not_entitled' AS bucket FROM published_not_entitled
)
SELECT bucket_statements.statement_no, standing.* EXCLUDE (contract_id) REPLACE (bucket::EVENT_BUCKET AS bucket)
FROM standing
JOIN bucket_statements
    ON bucket_statements.contract_id = standing.contract_id
    AND bucket_statements.starting_at <= standing.starting_at
    AND standing.starting_at < bucket_statements.ending_before
