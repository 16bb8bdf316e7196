-- On which days of the billing period has nothing happened that landed?
-- Grain: day.
SELECT expected_days.day
FROM expected_days
ANTI JOIN (SELECT DISTINCT day FROM event_files WHERE rows > 0) AS event_days USING (day)
ORDER BY expected_days.day
