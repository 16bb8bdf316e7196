/* Why: tells the lines that the database may parse itself from those that need the exact parser, and lists the
   keys of the former: at the top and in `properties`.
   Grain: one row per unread line of the chunk. Columns: line_no, line, keys (NULL: exact parser). */
CREATE OR REPLACE TABLE landing.chunk AS
SELECT
    line_no,
    line,
    CASE WHEN regexp_full_match(line, $plain_line) THEN json_keys(line, ['$', '$.properties']) END AS keys
FROM landing.unread;
