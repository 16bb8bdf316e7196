-- Which segments of balances can cover each group in each segment of its statement period?
-- A balance covers usage that is priced in its unit, or counts units of whatever it reaches. Usage that is billed once for
-- its service period must be covered at its last instant (spec/rating.md §7.3, §15 T-06, §17 Q16).
-- Grain: usage_no, segment_no.
SELECT DISTINCT convert_and_round.usage_no, balance_reach.segment_no
FROM convert_and_round
JOIN product_periods USING (product_period_no)
JOIN rate_card_products
    ON rate_card_products.rate_card_id = product_periods.rate_card_id
    AND rate_card_products.product_id = product_periods.product_id
JOIN balance_reach ON balance_reach.contract_id = product_periods.contract_id
JOIN group_values ON group_values.values_no = convert_and_round.values_no
WHERE coalesce(balance_reach.product_id = product_periods.product_id, true)
    AND coalesce(balance_reach.credit_type_id = rate_card_products.credit_type_id, true)
    AND balance_reach.starting_at <= convert_and_round.priced_at
    AND convert_and_round.priced_at < balance_reach.ending_before
    AND coalesce(list_has_all(group_values.pricing_pairs, balance_reach.pricing_pairs), true)
    AND coalesce(list_has_all(group_values.presentation_pairs, balance_reach.presentation_pairs), true)
    AND coalesce(
        list_contains(group_values.pricing_pairs, balance_reach.seat_pair)
            OR list_contains(group_values.presentation_pairs, balance_reach.seat_pair),
        true
    )
