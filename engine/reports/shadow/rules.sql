-- Which rule says what each difference comes from, taken by itself: the first that fits.
-- `may_follow` are lines whose amount is made from other lines of the invoice: what they come from is asked of those
-- first.
-- Grain: row_no.
SELECT
    *,
    is_applied OR type = 'cpu_conversion' OR rule = 'cut'
        OR (product_type = 'COMPOSITE' AND is_paired) AS may_follow
FROM (
    SELECT
        facts.*,
        CASE
            WHEN lacks_their_invoice THEN 'missing_invoice'
            WHEN lacks_our_invoice THEN 'extra_invoice'
            WHEN their_line_no IS NULL AND our_line_no IS NULL THEN
                CASE WHEN abs(difference) < smallest_unit(places) THEN 'rounded_invoice' ELSE 'sum_of_lines' END
            WHEN is_applied AND is_paired AND total_ratio IN (100, 0.01) THEN 'currency_unit'
            WHEN is_applied AND is_paired AND abs(difference) < smallest_unit(places) THEN 'rounded_total'
            WHEN is_applied OR invoice_type = 'TRUEUP' THEN 'balance'
            WHEN is_paired AND their_quantity IS NOT DISTINCT FROM our_quantity
                AND their_unit_price IS NOT DISTINCT FROM our_unit_price THEN
                CASE
                    WHEN total_ratio IN (100, 0.01) THEN 'currency_unit'
                    WHEN abs(difference) < smallest_unit(places) OR their_total = rounded(our_total, places)
                        THEN 'rounded_total'
                    WHEN type IN ('scheduled', 'commit_purchase') THEN 'scheduled_charge'
                    WHEN difference = 0 THEN 'not_counted'
                    ELSE 'not_the_product'
                END
            WHEN their_quantity IS NOT DISTINCT FROM our_quantity AND price_ratio IN (100, 0.01)
                AND NOT coalesce(is_own_rate, false) THEN 'currency_unit'
            WHEN type IN ('scheduled', 'commit_purchase') AND is_paired
                THEN CASE
                    WHEN total_ratio IN (100, 0.01) THEN 'currency_unit'
                    WHEN their_total = rounded(our_total, places) THEN 'rounded_total'
                    ELSE 'scheduled_charge'
                END
            WHEN their_group_quantity = our_group_quantity
                AND (their_quantity IS DISTINCT FROM our_quantity OR NOT is_paired)
                THEN CASE
                    WHEN same_prices AND is_covered THEN 'balance'
                    WHEN same_prices AND has_tiers THEN 'tier'
                    WHEN same_prices OR asked_price IS NOT DISTINCT FROM our_price THEN 'cut'
                    WHEN asked_price = list_unit_price THEN 'list_price'
                    WHEN found_override IS NOT NULL THEN 'other_override'
                    WHEN is_own_rate THEN 'tier'
                    WHEN found_rate_at IS NOT NULL THEN 'price'
                    WHEN is_covered THEN 'balance'
                    WHEN price_ratio IS NOT NULL OR list_ratio IS NOT NULL THEN 'multiplier'
                    ELSE 'unknown_price'
                END
            WHEN their_line_no IS NULL THEN 'missing_line'
            WHEN our_line_no IS NULL THEN 'extra_line'
            WHEN their_quantity IS DISTINCT FROM our_quantity THEN CASE
                WHEN subscription_id IS NOT NULL AND they_prorate <> we_prorate THEN 'proration'
                WHEN is_shifted(their_quantity, our_quantity) THEN 'conversion_factor'
                WHEN is_rounded(their_quantity, our_quantity) OR is_rounded(our_quantity, their_quantity)
                    THEN 'rounded_quantity'
                ELSE 'quantity'
            END
            WHEN places_of(our_price) >= places_of(asked_price) + 3
                AND asked_price = rounded(our_price, places_of(asked_price)) THEN 'rounded_price'
            WHEN subscription_id IS NOT NULL AND (
                they_prorate <> we_prorate
                OR ((they_prorate OR we_prorate) AND (
                    asked_price = list_unit_price OR (price_ratio IS NULL AND found_override IS NULL)
                ))
            ) THEN 'proration'
            WHEN type = 'cpu_conversion' THEN 'unit_worth'
            WHEN asked_price = list_unit_price THEN 'list_price'
            WHEN is_own_rate AND has_tiers THEN 'tier'
            WHEN found_override IS NOT NULL THEN 'other_override'
            WHEN found_rate_at IS NOT NULL THEN 'price'
            WHEN price_ratio IS NOT NULL OR list_ratio IS NOT NULL THEN 'multiplier'
            WHEN abs(difference) < smallest_unit(places) THEN 'rounded_total'
            ELSE 'unknown_price'
        END AS rule
    FROM facts
)
