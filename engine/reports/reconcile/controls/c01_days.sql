-- Has every day of the billing period events, as far as anything has arrived yet?
SELECT 'days' AS scope, count(*) AS "left", count(event_days.day) AS "right"
FROM expected_days
LEFT JOIN (SELECT DISTINCT day FROM event_files WHERE rows > 0) AS event_days USING (day)
