-- Which committed files are gone, or no longer hold what was committed?
-- Grain: path.
SELECT committed.kind, committed.path, committed.rows, CASE WHEN contents.name IS NULL THEN 'missing' ELSE 'changed' END AS finding
FROM (
    SELECT 'events of ' || day AS kind, path, name, rows FROM event_files
    UNION ALL
    SELECT output AS kind, path, name, rows FROM published_files
) AS committed
LEFT JOIN (
    SELECT name, sha256 FROM event_file_contents
    UNION ALL
    SELECT name, sha256 FROM published_file_contents
) AS contents USING (name)
WHERE contents.sha256 IS DISTINCT FROM committed.name
ORDER BY committed.path
