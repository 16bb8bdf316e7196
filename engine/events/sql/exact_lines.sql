/* Why: what is left for the exact parser, as it was sent.
   Grain: one row per such line of the chunk. Columns: line_no, line. */
SELECT line_no, chunk_lines.line
FROM landing.chunk
JOIN chunk_lines USING (line_no)
WHERE chunk.keys IS NULL
ORDER BY line_no;
