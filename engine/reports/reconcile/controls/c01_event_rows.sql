-- Do the event files of the billing period's days hold as many events as were committed with them?
SELECT 'event file rows' AS scope, coalesce(sum(event_files.rows), 0) AS "left", coalesce(sum(found.rows), 0) AS "right"
FROM event_files
LEFT JOIN event_file_rows AS found USING (name)
