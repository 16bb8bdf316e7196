-- What is there for balances to cover, in which order, and how much of it?
-- Each charge is one line, or as many as there are prices for parts of it under some balance. In an invoice usage comes
-- first, then subscriptions, then composite charges; then what starts first; then the dearest by its own price; then by
-- name, product and group values (spec/rating.md §7.2, §17 Q6, Q7). Conversions into money are added once what custom
-- pricing units are left is known. Nothing covers a scheduled charge, nor what gives something back.
-- Grain: line_no.
WITH bounds AS (
    SELECT charge_no, part_starting_at AS bound_at FROM balance_tiers
    UNION
    SELECT charge_no, part_ending_at FROM balance_tiers
    UNION
    SELECT charge_no, position_before
    FROM drawn_charges
    SEMI JOIN balance_tiers USING (charge_no)
    UNION
    SELECT charge_no, position_after
    FROM drawn_charges
    SEMI JOIN balance_tiers USING (charge_no)
),
slices AS (
    SELECT
        charge_no,
        bound_at AS slice_starting_at,
        lead(bound_at) OVER (PARTITION BY charge_no ORDER BY bound_at) AS slice_ending_at
    FROM bounds
    QUALIFY slice_ending_at IS NOT NULL
),
lines AS (
    SELECT
        drawn_charges.charge_no,
        slices.slice_starting_at,
        slices.slice_ending_at,
        coalesce((slices.slice_ending_at - slices.slice_starting_at)::DECIMAL(38, 18), drawn_charges.quantity) AS quantity
    FROM drawn_charges
    LEFT JOIN slices USING (charge_no)
    WHERE drawn_charges.type IN ('usage', 'subscription') AND drawn_charges.quantity > 0
)
SELECT
    row_number() OVER () AS line_no,
    lines.charge_no,
    lines.slice_starting_at,
    lines.slice_ending_at,
    drawn_charges.invoice_id,
    drawn_invoices.pool_no,
    drawn_invoices.epoch,
    drawn_charges.contract_id,
    drawn_charges.credit_type_id,
    drawn_charges.credit_type_id = rate_cards.credit_type_id AS is_money,
    drawn_charges.product_id,
    drawn_charges.usage_no,
    drawn_charges.covered_at,
    drawn_charges.type,
    lines.quantity,
    drawn_charges.unit_price,
    CASE WHEN lines.quantity = drawn_charges.quantity THEN drawn_charges.total
        ELSE exact_product(lines.quantity, drawn_charges.unit_price)
    END AS total,
    drawn_invoices.invoice_no * 1000000000000 + row_number() OVER (
        PARTITION BY drawn_invoices.invoice_no
        ORDER BY
            CASE WHEN drawn_charges.type = 'subscription' THEN 1 WHEN drawn_charges.usage_no IS NULL THEN 2 ELSE 0 END,
            drawn_charges.starting_at,
            drawn_charges.unit_price DESC,
            coalesce(drawn_charges.own_name, product_versions.product_name || coalesce(drawn_charges.name_suffix, '')),
            drawn_charges.product_id,
            group_values.values_position,
            drawn_charges.tier_level,
            drawn_charges.override_tier_level,
            drawn_charges.line_key,
            lines.slice_starting_at
    ) AS position
FROM lines
JOIN drawn_charges USING (charge_no)
JOIN drawn_invoices ON drawn_invoices.invoice_id = drawn_charges.invoice_id
JOIN rate_cards ON rate_cards.rate_card_id = drawn_charges.rate_card_id
LEFT JOIN group_values ON group_values.values_no = drawn_charges.values_no
LEFT JOIN product_versions
    ON product_versions.product_id = drawn_charges.product_id
    AND product_versions.starting_at <= coalesce(drawn_charges.charged_at, drawn_charges.period_ending_before - to_microseconds(1))
    AND coalesce(drawn_charges.charged_at, drawn_charges.period_ending_before - to_microseconds(1))
        < product_versions.ending_before
