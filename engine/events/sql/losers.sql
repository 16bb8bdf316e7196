/* Why: the staged events that repeat an accepted id, and the line that won when it is in the same input.
   Grain: one row per losing line. Columns: line_no, transaction_id, first_line (NULL: the winner landed before). */
CREATE OR REPLACE TABLE landing.losers AS
SELECT staged.line_no, staged.transaction_id, NULL::BIGINT AS first_line
FROM landing.staged
SEMI JOIN landing.earlier USING (transaction_id)
UNION ALL
SELECT staged.line_no, staged.transaction_id, repeated.first_line
FROM landing.staged
JOIN landing.repeated USING (transaction_id)
ANTI JOIN landing.earlier USING (transaction_id)
WHERE staged.line_no > repeated.first_line;
