-- What a rule says of a difference, in words.
-- Grain: row_no.
SELECT
    rules.row_no,
    CASE rules.rule
        WHEN 'missing_invoice' THEN 'their export has no such invoice'
        WHEN 'extra_invoice' THEN coalesce(
            'the contract could not be billed here: ' || unbilled.reason, 'nothing makes such an invoice here'
        )
        WHEN 'missing_line' THEN 'their invoice has no such line'
        WHEN 'extra_line' THEN 'nothing makes such a line here'
        WHEN 'sum_of_lines' THEN 'their invoice comes to ' || plain(-rules.difference) || ' more than its lines'
        WHEN 'rounded_invoice' THEN 'their invoice is rounded, its lines are not'
        WHEN 'rounded_total' THEN 'the same quantity and price, less than a cent or the cents apart'
        WHEN 'rounded_price' THEN 'their price is ours rounded to ' || places_of(rules.asked_price) || ' places'
        WHEN 'rounded_quantity' THEN 'one side rounds the quantity'
        WHEN 'currency_unit' THEN 'one side is a hundred times the other: cents for whole units of currency'
        WHEN 'conversion_factor' THEN 'the same digits, of another size: a quantity conversion differs'
        WHEN 'balance' THEN 'the same usage, on which a commit or credit is drawn differently'
        WHEN 'tier' THEN 'the same usage, in other tiers'
        WHEN 'cut' THEN 'the same in sum, cut differently over time'
        WHEN 'list_price' THEN 'theirs is the list price; here an override makes it ' || plain(rules.our_price)
        WHEN 'other_override' THEN 'their price is what override ' || rules.found_override || ' gives, from '
            || rules.found_override_at
        WHEN 'price' THEN 'their price is the rate'
            || CASE WHEN rules.is_of_own_values THEN '' ELSE ' of ' || rules.found_values END
            || ' from ' || rules.found_rate_at
        WHEN 'unit_worth' THEN 'a unit is worth ' || plain(rules.their_unit_price) || ' there and '
            || plain(rules.our_unit_price) || ' here'
        WHEN 'multiplier' THEN coalesce(
            'their price is ' || plain(rules.price_ratio) || ' times ours',
            'their price is ' || plain(rules.list_ratio) || ' times the list price'
        )
        WHEN 'proration' THEN 'a part of a period is charged differently'
        WHEN 'scheduled_charge' THEN 'the amount on the schedule differs'
        WHEN 'quantity' THEN coalesce(CASE event_hints.hint
            WHEN 'conversion_factor' THEN 'one side converts the quantity and the other does not'
            WHEN 'late_events' THEN event_hints.late_events || ' of ' || event_hints.events
                || ' events arrived after their invoice'
            WHEN 'duplicate_events' THEN 'as if event ' || event_hints.like_event || ' were counted twice there'
            WHEN 'uncounted_events' THEN 'as if ' || coalesce(
                plain(event_hints.as_many) || ' of the ' || event_hints.events || ' events',
                'event ' || event_hints.like_event
            ) || ' were not counted there'
            WHEN 'missing_events' THEN coalesce(
                'as if ' || plain(event_hints.as_many) || ' events more were counted there than the ',
                'more is counted there than in the '
            ) || event_hints.events || ' that the export has'
        END, 'the quantity differs')
        WHEN 'not_counted' THEN 'the same line, which only one side adds to the invoice'
        WHEN 'not_the_product' THEN 'the same quantity and price, another total'
        ELSE 'their price is none that is known here'
    END || CASE
        WHEN rules.rule IN ('quantity', 'conversion_factor', 'rounded_quantity')
            AND rules.their_unit_price <> rules.our_unit_price
            THEN '; the price differs, too'
        ELSE ''
    END AS explanation
FROM rules
LEFT JOIN event_hints USING (row_no)
LEFT JOIN (
    SELECT contract_id, string_agg(DISTINCT reason, ', ' ORDER BY reason) AS reason
    FROM parked_contracts
    GROUP BY contract_id
) AS unbilled ON unbilled.contract_id = rules.contract_id
