/* @metric
name: Storage daily peak
description: Average over the days observed of the most storage each user held that day, by region.
unit: gigabytes
group_keys: [[region, user_id]]
@metric */

-- Heartbeats report what a user holds at that moment, so adding them up would mean nothing. The peak of each day is
-- what had to be provided; the bill is the average of those peaks.
-- The divisor counts days with a heartbeat, not calendar days: a user who joins on the 20th is not diluted by the
-- nineteen days before.
SELECT SUM(max_daily_storage) / SUM(num_days) as value, user_id, region
FROM (
    SELECT
        date_trunc('day', timestamp) as date,
        properties.user_id as user_id,
        properties.region as region,
        MAX(properties.storage_used) as max_daily_storage,
        1 as num_days
    FROM events
    WHERE event_type = 'storage_heartbeat'
    GROUP BY date, user_id, region
)
GROUP BY user_id, region
