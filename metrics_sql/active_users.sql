/* @metric
name: Active users
description: Users who were active on at least two different days of the period.
unit: users
@metric */

-- One day could be an invitation being tried out; the second day is what makes a user count.
-- The inner query has one row per user and day. `1 as active` keeps the outer one a plain sum over users.
SELECT SUM(active) as value
FROM (
    SELECT user_id, 1 as active
    FROM (
        SELECT properties.user_id as user_id, date_trunc('day', timestamp) as day
        FROM events
        WHERE event_type = 'llm_request' AND properties.user_id IS NOT NULL
        GROUP BY properties.user_id, date_trunc('day', timestamp)
    )
    GROUP BY user_id
    HAVING COUNT(*) >= 2
)
