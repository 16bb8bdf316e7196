/* Why: no shape is known yet.
   Grain: one row per line of the chunk. Columns: line_no, line. */
CREATE OR REPLACE TABLE landing.unread AS SELECT line_no, line FROM chunk_lines;
