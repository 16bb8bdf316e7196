-- What has been drawn so far: nothing yet. The passes of engine/rating/passes add to it.
-- `taken` is in the balance's own measure, units for one that counts them and else money; what is left of the line after
-- it is at the line's own price.
-- Grain: line_no, segment_no.
SELECT
    NULL::BIGINT AS line_no,
    NULL::INTEGER AS segment_no,
    NULL::BIGINT AS draw_no,
    NULL::DECIMAL(38, 18) AS quantity,
    NULL::DECIMAL(38, 18) AS unit_price,
    NULL::DECIMAL(38, 26) AS amount,
    NULL::DECIMAL(38, 26) AS taken,
    NULL::DECIMAL(38, 18) AS quantity_left,
    NULL::DECIMAL(38, 26) AS amount_left
WHERE false
