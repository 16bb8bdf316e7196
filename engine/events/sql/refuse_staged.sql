/* Why: keeps the text of the chunk's events that broke a rule.
   Grain: one row per staged event of the chunk with a refusal. Columns: those of landing.refused. */
INSERT INTO landing.refused
SELECT
    staged.line_no,
    split_part(staged.refusal, ' ', 1) AS reason,
    split_part(staged.refusal, ' ', 2) AS detail,
    staged.transaction_id,
    left(rtrim(chunk_lines.line, chr(13) || chr(10)), $kept) AS content,
    'utf-8' AS encoding
FROM landing.staged
JOIN chunk_lines USING (line_no)
WHERE staged.line_no >= $first_line AND staged.refusal IS NOT NULL;
