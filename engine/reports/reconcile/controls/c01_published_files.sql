-- Is every file of the published run on disk, with the very content that was published?
SELECT
    'published files' AS scope,
    count(*) AS "left",
    count(*) FILTER (coalesce(contents.sha256 = published_files.name, false)) AS "right"
FROM published_files
LEFT JOIN published_file_contents AS contents USING (name)
