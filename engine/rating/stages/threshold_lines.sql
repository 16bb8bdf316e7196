-- What do thresholds charge?
-- The commits that they release, each for what one of its units costs in money. There is one invoice for each contract
-- and instant, which belongs to the run that released them.
-- Grain: invoice_id, line_key.
SELECT
    threshold_releases.purchase_invoice_id AS invoice_id,
    threshold_releases.contract_id,
    threshold_releases.customer_id,
    threshold_releases.rate_card_id,
    'commit_purchase' AS type,
    threshold_releases.product_id,
    array_to_string(['commit_purchase', threshold_releases.balance_id], chr(31)) AS line_key,
    threshold_releases.charged_at AS starting_at,
    NULL::TIMESTAMP AS ending_before,
    threshold_releases.charged_at,
    NULL::TIMESTAMP AS period_starting_at,
    NULL::TIMESTAMP AS period_ending_before,
    threshold_releases.amount::DECIMAL(38, 18) AS quantity,
    threshold_releases.unit_price::DECIMAL(38, 18) AS unit_price,
    exact_product(threshold_releases.amount::DECIMAL(38, 18), threshold_releases.unit_price) AS total,
    threshold_releases.balance_id AS commit_id,
    threshold_releases.commit_name AS charge_name,
    NULL::VARCHAR AS custom_fields,
    rate_cards.credit_type_id,
    product_orders.position AS product_position,
    'billed' AS outcome
FROM threshold_releases
JOIN rate_cards USING (rate_card_id)
LEFT JOIN product_orders
    ON product_orders.rate_card_id = threshold_releases.rate_card_id
    AND product_orders.product_id = threshold_releases.product_id
