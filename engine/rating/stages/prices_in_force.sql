-- Billed, unrated or not entitled: what becomes of each group, and by which rate and override?
-- An overwrite prices what the list has no rate for; a multiplier has nothing to multiply there. Whether there is a price
-- is settled before whether the contract is entitled to the product.
-- Grain: as priced_groups.
SELECT
    priced_groups.*,
    match_rates.rate_no,
    choose_overrides.price_override_no,
    choose_overrides.override_reason,
    CASE
        WHEN match_rates.rate_no IS NULL AND coalesce(price_override.override_type <> 'OVERWRITE', true)
            THEN 'unrated'
        WHEN coalesce(entitlement_override.entitled, rates.entitled, true) THEN 'billed'
        ELSE 'not_entitled'
    END AS outcome
FROM priced_groups
JOIN match_rates
    ON match_rates.rate_card_id = priced_groups.rate_card_id
    AND match_rates.product_id = priced_groups.product_id
    AND match_rates.billing_frequency IS NOT DISTINCT FROM priced_groups.billing_frequency
    AND match_rates.values_no IS NOT DISTINCT FROM priced_groups.values_no
    AND match_rates.priced_at = priced_groups.priced_at
LEFT JOIN rates ON rates.rate_no = match_rates.rate_no
LEFT JOIN choose_overrides ON choose_overrides.priced_no = priced_groups.priced_no
LEFT JOIN overrides AS price_override ON price_override.override_no = choose_overrides.price_override_no
LEFT JOIN overrides AS entitlement_override
    ON entitlement_override.override_no = choose_overrides.entitlement_override_no
