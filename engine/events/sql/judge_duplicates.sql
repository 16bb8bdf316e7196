/* Why: a resend of the same event is harmless; another event under the same id is a conflict to report.
   Grain: one row per losing line. Columns: those of landing.duplicates.
   `sent` holds what each concerned staged line sent, `accepted` what the winners that landed before sent. */
INSERT INTO landing.duplicates
SELECT
    losers.line_no,
    losers.transaction_id,
    CASE
        WHEN mine.content IS NOT DISTINCT FROM coalesce(winner.content, accepted.content) THEN 'duplicate'
        ELSE 'duplicate_conflict'
    END AS reason,
    to_json({
        'transaction_id': losers.transaction_id,
        'customer_id': mine.content.customer_id,
        'event_type': mine.content.event_type,
        'timestamp': strftime(mine.content.timestamp, '%Y-%m-%dT%H:%M:%S.%fZ'),
        'properties': map_from_entries(mine.content.sent)
    }) AS content,
    'utf-8' AS encoding
FROM landing.losers
JOIN landing.sent AS mine ON mine.line_no = losers.line_no
LEFT JOIN landing.sent AS winner ON winner.line_no = losers.first_line
LEFT JOIN landing.accepted AS accepted
    ON losers.first_line IS NULL AND accepted.transaction_id = losers.transaction_id;
