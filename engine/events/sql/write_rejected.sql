/* Why: every line that was not accepted is kept, with the reason.
   Grain: one row per refused or duplicate line. Columns: batch_id, source, line, verdict, reason, detail,
   transaction_id, content, encoding, landed_at. */
COPY (
    SELECT
        CAST($batch_id AS VARCHAR) AS batch_id,
        CAST($source AS VARCHAR) AS source,
        line_no AS line,
        verdict,
        reason,
        detail,
        transaction_id,
        content,
        encoding,
        CAST($now AS TIMESTAMP) AS landed_at
    FROM (
        SELECT line_no, 'rejected' AS verdict, reason, detail, transaction_id, content, encoding
        FROM landing.refused
        UNION ALL
        SELECT line_no, 'duplicate', reason, '', transaction_id, content, encoding
        FROM landing.duplicates
    )
    ORDER BY line_no
) TO $path (FORMAT parquet, COMPRESSION zstd);
