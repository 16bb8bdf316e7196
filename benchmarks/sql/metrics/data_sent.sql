/* @metric
name: data_sent
group_keys: [[region]]
@metric */
SELECT
    sum(CAST(properties.size AS DECIMAL) * CAST(properties.num_recipients AS DECIMAL)) AS value,
    properties.region AS region
FROM events
WHERE event_type = 'message_sent'
GROUP BY properties.region
