/* Why: the lines of the chunk that no known shape matched still have to be read.
   Grain: one row per such line. Columns: line_no, line. */
CREATE OR REPLACE TABLE landing.unread AS
SELECT line_no, line
FROM chunk_lines
ANTI JOIN (SELECT line_no FROM landing.staged WHERE line_no >= $first_line) USING (line_no);
