-- Does every line that a balance covers stand in the currency of that balance, unless the balance counts units?
SELECT
    'covered lines' AS scope,
    count(*) AS "left",
    count(*) FILTER (
        segment_balances.access_type = 'QUANTITY' OR segment_balances.credit_type_id = line_items.credit_type_id
    ) AS "right"
FROM line_items
JOIN segment_balances ON segment_balances.segment_id = line_items.commit_segment_id
