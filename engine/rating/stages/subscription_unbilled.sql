-- Which parts of subscriptions are on no invoice, and why?
-- Without a rate of its billing frequency in force when its period starts, a part is unrated; a rate or an override may
-- also say that the customer is not entitled. Either is reported by the run that would have billed it.
-- Grain: subscription_no, starting_at.
SELECT
    coalesce(prices_in_force.outcome, 'unrated') AS outcome,
    subscription_parts.contract_id,
    subscription_parts.customer_id,
    subscription_parts.product_id,
    subscription_parts.subscription_no,
    subscriptions.subscription_id,
    subscription_parts.billing_frequency,
    subscription_parts.starting_at,
    subscription_parts.ending_before,
    subscription_parts.charged_at,
    subscription_parts.invoice_id,
    try_cast(subscription_parts.quantity AS DECIMAL(38, 18)) AS quantity
FROM subscription_parts
JOIN subscriptions USING (subscription_no)
LEFT JOIN prices_in_force
    ON prices_in_force.contract_id = subscription_parts.contract_id
    AND prices_in_force.product_id = subscription_parts.product_id
    AND prices_in_force.billing_frequency = subscription_parts.billing_frequency
    AND prices_in_force.priced_at = subscription_parts.priced_at
WHERE prices_in_force.outcome IS DISTINCT FROM 'billed'
