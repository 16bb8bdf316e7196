-- Has every event of the billing period a customer?
SELECT
    'events' AS scope,
    count(*) AS "left",
    count(*) FILTER (customer_id IN (SELECT alias FROM customer_aliases)) AS "right"
FROM events
