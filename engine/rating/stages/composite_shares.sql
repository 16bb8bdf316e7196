-- Which pieces of composite charges does each segment of a product count towards?
-- A line counts towards the same ones from its start to its end, so segments that differ in this are not merged.
-- Grain: product_period_no, segment_no (only of products that are members of a composite charge then).
SELECT
    segments.product_period_no,
    segments.segment_no,
    list(composite_pieces.piece_no ORDER BY composite_pieces.piece_no) AS piece_nos
FROM composite_members
JOIN composite_pieces ON composite_pieces.product_id = composite_members.composite_id
JOIN product_periods
    ON product_periods.product_id = composite_members.product_id
    AND product_periods.contract_id = composite_pieces.contract_id
    AND product_periods.period_starting_at = composite_pieces.period_starting_at
JOIN segments ON segments.product_period_no = product_periods.product_period_no
WHERE composite_members.starting_at <= segments.priced_at
    AND segments.priced_at < composite_members.ending_before
    AND composite_pieces.starting_at <= segments.priced_at
    AND segments.priced_at < composite_pieces.ending_before
GROUP BY segments.product_period_no, segments.segment_no
