-- Which customers do events of the billing period name that nobody knows by id or ingest alias?
-- Grain: customer_id, as it was sent.
SELECT customer_id, count(*) AS events, min("timestamp") AS first_at, max("timestamp") AS last_at
FROM events
WHERE customer_id NOT IN (SELECT alias FROM customer_aliases)
GROUP BY customer_id
ORDER BY events DESC, customer_id
