/* Why: tells the lines that the database may parse itself from those that need the exact parser, and lists the
   keys of the former: at the top and in `properties`. A line that only its numbers keep from being plain has them
   put in quotes, which makes their text safe; it must be plain then.
   Grain: one row per unread line of the chunk. Columns: line_no, line (what to parse), keys (NULL: exact parser). */
CREATE OR REPLACE TABLE landing.chunk AS
SELECT line_no, line, CASE WHEN is_plain THEN json_keys(line, ['$', '$.properties']) END AS keys
FROM (
    SELECT line_no, line, is_plain OR (is_quoted AND regexp_full_match(line, $plain_line)) AS is_plain
    FROM (
        SELECT
            line_no,
            is_plain,
            is_quoted,
            CASE WHEN is_quoted THEN regexp_replace(line, $member_number, '"\1"\2"\3', 'g') ELSE line END AS line
        FROM (
            SELECT
                line_no,
                line,
                is_plain,
                CASE WHEN is_plain THEN false ELSE regexp_full_match(line, $numbers_aside) END AS is_quoted
            FROM (
                SELECT line_no, line, regexp_full_match(line, $plain_line) AS is_plain
                FROM landing.unread
            )
        )
    )
);
