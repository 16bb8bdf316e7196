-- Every part of a subscription that this run bills is on a line, unrated or not entitled.
SELECT subscription_parts.contract_id, subscriptions.subscription_id, subscription_parts.starting_at
FROM subscription_parts
JOIN subscriptions USING (subscription_no)
EXCEPT ALL
(
    SELECT contract_id, subscription_id, starting_at FROM subscription_lines
    UNION ALL
    SELECT contract_id, subscription_id, starting_at FROM subscription_unbilled
)
