-- How their lines say which presentation group they are of: whole, when the export comes from here; by one key and its
-- value; or not at all. Grain: one row.
SELECT
    coalesce(bool_or(duckbill_presentation_group_values IS NOT NULL), false) AS is_whole,
    coalesce(bool_or(group_key IS NOT NULL), false) AS is_one_key
FROM (
    SELECT duckbill_presentation_group_values, group_key FROM export_line_item
    UNION ALL
    SELECT duckbill_presentation_group_values, group_key FROM export_draft_line_item
)
