/* Why: keeps the text of the chunk's events that broke a rule; of one longer than $kept bytes a quarter as many
   characters, which are never more bytes.
   Grain: one row per staged event of the chunk with a refusal. Columns: those of landing.refused. */
INSERT INTO landing.refused
SELECT
    staged.line_no,
    split_part(staged.refusal, ' ', 1) AS reason,
    split_part(staged.refusal, ' ', 2) AS detail,
    staged.transaction_id,
    CASE
        WHEN strlen(chunk_lines.line) <= $kept THEN rtrim(chunk_lines.line, chr(13) || chr(10))
        ELSE left(chunk_lines.line, $kept // 4)
    END AS content,
    'utf-8' AS encoding
FROM landing.staged
JOIN chunk_lines USING (line_no)
WHERE staged.line_no >= $first_line AND staged.refusal IS NOT NULL;
