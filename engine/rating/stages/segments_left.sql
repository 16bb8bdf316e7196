-- What is left of each segment of a balance?
-- Grain: segment_no.
SELECT
    segment_amounts.segment_no,
    segment_amounts.available - coalesce(drawn.taken, 0)::DECIMAL(38, 26) AS available
FROM segment_amounts
LEFT JOIN (SELECT segment_no, sum(taken) AS taken FROM draws GROUP BY segment_no) AS drawn USING (segment_no)
