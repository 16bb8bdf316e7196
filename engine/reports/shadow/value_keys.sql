-- Every spelling of group values on either side, and the one text that stands for all spellings of the same values:
-- there are few of them and many lines.
-- Grain: written.
SELECT written, values_key(written) AS key
FROM (
    SELECT pricing_group_values AS written FROM export_line_item
    UNION
    SELECT duckbill_presentation_group_values FROM export_line_item
    UNION
    SELECT pricing_group_values FROM export_draft_line_item
    UNION
    SELECT duckbill_presentation_group_values FROM export_draft_line_item
    UNION
    SELECT pricing_group_values FROM billed_line_items
    UNION
    SELECT presentation_group_values FROM billed_line_items
)
WHERE written IS NOT NULL
