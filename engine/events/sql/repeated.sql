/* Why: ids that come more than once in the input; the first line wins unless the id was accepted before.
   Grain: one row per transaction_id. Columns: transaction_id, first_line. */
CREATE OR REPLACE TABLE landing.repeated AS
SELECT transaction_id, min(line_no) AS first_line
FROM landing.staged
GROUP BY transaction_id
HAVING count(*) > 1;
