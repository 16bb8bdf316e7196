/* @metric
name: Data sent
description: Bytes delivered, which is the size of a message times the people it went to.
unit: bytes
group_keys: [[region]]
@metric */

-- A declared metric can only add up one property; a product of two needs SQL.
-- A message without a recipient count was sent to one person.
SELECT SUM(CAST(properties.size AS DECIMAL) * COALESCE(CAST(properties.num_recipients AS DECIMAL), 1)) as value,
       properties.region as region
FROM events
WHERE event_type = 'message_sent'
GROUP BY properties.region
