-- Is every event file of the billing period's days on disk, with the very content that was committed?
-- A file's name is the SHA-256 of its content.
WITH compared AS (
    SELECT
        event_files.bytes AS committed_bytes,
        contents.bytes AS found_bytes,
        coalesce(contents.sha256 = event_files.name, false) AS is_intact
    FROM event_files
    LEFT JOIN event_file_contents AS contents USING (name)
)
SELECT 'event files' AS scope, count(*) AS "left", count(*) FILTER (is_intact) AS "right"
FROM compared
UNION ALL
SELECT 'event file bytes', coalesce(sum(committed_bytes), 0), coalesce(sum(found_bytes), 0)
FROM compared
