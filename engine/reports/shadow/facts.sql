-- What is known of each difference: both lines, what both bill of the same product and group values, and where their
-- price is found among the prices and overrides of the contract.
-- Grain: row_no.
WITH stretches AS (
    -- Of one time, when the quantities are the same in that or in no time taken together; else of all times.
    SELECT
        at_once.invoice_no,
        at_once.group_key,
        at_once.starting_at,
        CASE
            WHEN at_once.their_quantity = at_once.our_quantity OR over_time.their_quantity <> over_time.our_quantity
                THEN at_once ELSE over_time
        END AS billed
    FROM line_groups AS at_once
    JOIN line_groups AS over_time
        ON over_time.invoice_no = at_once.invoice_no
        AND over_time.group_key = at_once.group_key
        AND over_time.starting_at IS NULL
    WHERE at_once.starting_at IS NOT NULL
),
known AS (
    SELECT
        line_sides.*,
        invoice_sides.customer_id,
        coalesce(ours.contract_id, invoice_sides.contract_id) AS contract_id,
        invoice_sides.type AS invoice_type,
        invoice_sides.their_invoice_id IS NULL AS lacks_their_invoice,
        invoice_sides.our_invoice_id IS NULL AS lacks_our_invoice,
        coalesce(ours.group_key, theirs.group_key) AS group_key,
        coalesce(ours.product_id, theirs.product_id) AS product_id,
        coalesce(ours.name, theirs.name) AS name,
        coalesce(ours.type, theirs.type, '') AS type,
        coalesce(ours.is_applied, theirs.is_applied, false) AS is_applied,
        coalesce(ours.pricing_group_values, theirs.pricing_group_values) AS pricing_group_values,
        coalesce(ours.presentation_group_values, theirs.presentation_group_values) AS presentation_group_values,
        coalesce(ours.starting_at, theirs.starting_at) AS starting_at,
        coalesce(ours.ending_before, theirs.ending_before) AS ending_before,
        coalesce(ours.credit_type_id, theirs.credit_type_id, invoice_sides.credit_type_id) AS credit_type_id,
        coalesce(ours.commit_id, theirs.commit_id) AS commit_id,
        coalesce(ours.subscription_id, theirs.subscription_id) AS subscription_id,
        theirs.line_no IS NOT NULL AND ours.line_no IS NOT NULL AS is_paired,
        theirs.line_id AS their_line_id,
        ours.line_id AS our_line_id,
        theirs.quantity AS their_quantity,
        ours.quantity AS our_quantity,
        theirs.unit_price AS their_unit_price,
        ours.unit_price AS our_unit_price,
        theirs.total AS their_total,
        ours.total AS our_total,
        theirs.commit_id AS their_commit_id,
        theirs.is_prorated AS they_prorate,
        ours.is_prorated AS we_prorate,
        ours.billable_metric_id,
        ours.period_starting_at,
        ours.period_ending_before,
        ours.tier_level,
        coalesce(ours.list_unit_price, stretches.billed.list_unit_price)::DECIMAL(38, 26) AS list_unit_price,
        coalesce(ours.rate_id, stretches.billed.rate_id) AS rate_id,
        coalesce(ours.override_id, stretches.billed.override_id) AS override_id,
        coalesce(ours.override_multiplier, stretches.billed.override_multiplier) AS override_multiplier,
        stretches.billed.their_quantity AS their_group_quantity,
        stretches.billed.our_quantity AS our_group_quantity,
        stretches.billed.their_prices = stretches.billed.our_prices AS same_prices,
        stretches.billed.their_commits <> stretches.billed.our_commits
            OR len(stretches.billed.our_commits) > 0 AS is_covered,
        stretches.billed.has_tiers,
        -- The price to be explained: the line's, or for a line of ours alone, one that only they have.
        coalesce(
            theirs.unit_price,
            list_filter(
                stretches.billed.their_prices, lambda price : NOT list_contains(stretches.billed.our_prices, price)
            )[1],
            stretches.billed.their_prices[1]
        ) AS asked_price,
        coalesce(
            ours.unit_price,
            list_filter(
                stretches.billed.our_prices, lambda price : NOT list_contains(stretches.billed.their_prices, price)
            )[1],
            stretches.billed.our_prices[1]
        ) AS our_price
    FROM line_sides
    JOIN invoice_sides USING (invoice_no)
    LEFT JOIN their_lines AS theirs ON theirs.line_no = line_sides.their_line_no
    LEFT JOIN our_lines AS ours ON ours.line_no = line_sides.our_line_no
    LEFT JOIN stretches
        ON stretches.invoice_no = line_sides.invoice_no
        AND stretches.group_key = coalesce(ours.group_key, theirs.group_key)
        AND stretches.starting_at = coalesce(ours.starting_at, theirs.starting_at, 'epoch'::TIMESTAMP)
),
found_prices AS (
    -- Another tier of the price that we have, then the same group values at another time, the last before the line
    -- first.
    SELECT DISTINCT ON (known.row_no)
        known.row_no,
        prices.starting_at AS found_rate_at,
        prices.tier_level AS found_tier,
        prices.rate_id = known.rate_id AS is_own_rate,
        prices.values_key = values_key(known.pricing_group_values) AS is_of_own_values,
        prices.pricing_group_values AS found_values
    FROM known
    JOIN contract_cards ON contract_cards.contract_id = known.contract_id
    JOIN card_prices AS prices
        ON prices.rate_card_id = contract_cards.rate_card_id AND prices.product_id = known.product_id
    WHERE known.asked_price IS DISTINCT FROM known.our_price
        AND (
            prices.unit_price = known.asked_price
            OR exact_product(prices.unit_price, known.override_multiplier) = known.asked_price
        )
    ORDER BY
        known.row_no, is_own_rate DESC, is_of_own_values DESC, prices.starting_at > known.starting_at,
        abs(date_diff('second', prices.starting_at, known.starting_at)), prices.tier_level
),
found_overrides AS (
    SELECT DISTINCT ON (known.row_no)
        known.row_no,
        overrides.override_id AS found_override,
        overrides.multiplier AS found_multiplier,
        overrides.starting_at AS found_override_at
    FROM known
    JOIN contract_overrides AS overrides ON overrides.contract_id = known.contract_id
    WHERE known.asked_price IS DISTINCT FROM known.our_price
        AND overrides.override_id IS DISTINCT FROM known.override_id
        AND coalesce(overrides.product_id, known.product_id) = known.product_id
        AND (
            overrides.unit_price = known.asked_price
            OR exact_product(known.list_unit_price, overrides.multiplier) = known.asked_price
        )
    ORDER BY known.row_no, overrides.product_id IS NULL, overrides.starting_at DESC, overrides.override_id
)
SELECT
    known.*,
    currencies.places,
    coalesce(product_types.type, '') AS product_type,
    found_prices.* EXCLUDE (row_no),
    found_overrides.* EXCLUDE (row_no),
    round_ratio(known.asked_price, known.our_price) AS price_ratio,
    round_ratio(known.asked_price, known.list_unit_price) AS list_ratio,
    round_ratio(known.their_total, known.our_total) AS total_ratio
FROM known
LEFT JOIN currencies USING (credit_type_id)
LEFT JOIN product_types USING (product_id)
LEFT JOIN found_prices USING (row_no)
LEFT JOIN found_overrides USING (row_no)
ORDER BY known.row_no
