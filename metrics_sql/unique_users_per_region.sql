/* @metric
name: Unique users per region
description: People who made at least one API request, counted once in each region they used.
unit: users
group_keys: [[region]]
@metric */

-- A user seen in two regions counts in both: the regions are priced apart. A request without a user counts nobody.
SELECT count(DISTINCT properties.user_id) as value,
       properties.region
FROM events
WHERE event_type = 'api_request'
GROUP BY properties.region
