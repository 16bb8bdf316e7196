-- Into which lines do balances split the charges of the contracts that they cover?
-- Each part that a segment covers is a line of its own, followed by the line that takes it off again; what is left of the
-- charge is the last. Parts of one charge that one segment covers at one price are one line. What a postpaid commit
-- takes off is shown and owed all the same, so it is no part of the invoice's total (spec/rating.md §7.3, §10.4, §17
-- Q27).
-- Only what differs from the charge is here, because the rows are many: all the rest is added where they are billed. What
-- says where a price comes from is that of a special one, and NULL where the price is the charge's own.
-- Grain: charge_no, cover_no, drawn_as.
WITH all_charges AS (
    SELECT charge_no, contract_id, type, own_name, quantity, unit_price, total
    FROM drawable_charges
),
parts AS (
    SELECT
        coverable_lines.charge_no,
        draws.segment_no,
        draws.draw_no,
        draws.unit_price,
        balance_tiers.charge_no IS NOT NULL AS is_special,
        balance_tiers.list_unit_price,
        balance_tiers.from_commit_rate,
        balance_tiers.tier_level,
        balance_tiers.tier_starting_at,
        balance_tiers.tier_ending_at,
        balance_tiers.override_tier_level,
        balance_tiers.price_override_no,
        balance_tiers.override_type,
        balance_tiers.multiplier,
        sum(draws.quantity) AS quantity,
        sum(draws.amount) AS amount,
        sum(draws.taken) AS taken
    FROM draws
    JOIN coverable_lines USING (line_no)
    LEFT JOIN balance_tiers
        ON balance_tiers.charge_no = coverable_lines.charge_no
        AND balance_tiers.segment_no = draws.segment_no
        AND balance_tiers.part_starting_at <= coverable_lines.slice_starting_at
        AND coverable_lines.slice_starting_at < balance_tiers.part_ending_at
    GROUP BY ALL
),
covered AS (
    SELECT
        parts.* EXCLUDE (draw_no, amount, taken),
        parts.amount AS total,
        CASE WHEN balances.access_type = 'QUANTITY' THEN parts.taken::DECIMAL(38, 18) END AS quantity_consumed,
        balances.balance_name,
        balances.kind AS balance_kind,
        row_number() OVER (
            PARTITION BY parts.charge_no
            ORDER BY parts.draw_no, parts.segment_no, parts.tier_level, parts.override_tier_level, parts.unit_price DESC
        ) AS cover_no
    FROM parts
    JOIN balance_segments USING (segment_no)
    JOIN balances USING (balance_no)
),
rest AS (
    SELECT
        coverable_lines.charge_no,
        sum(coverable_left.quantity) AS quantity,
        sum(coverable_left.amount) AS amount
    FROM coverable_lines
    JOIN coverable_left USING (line_no)
    SEMI JOIN parts ON parts.charge_no = coverable_lines.charge_no
    GROUP BY coverable_lines.charge_no
)
SELECT
    covered.* EXCLUDE (balance_name, balance_kind),
    all_charges.contract_id,
    all_charges.type,
    all_charges.own_name,
    'covered' AS drawn_as,
    true AS in_total
FROM covered
JOIN all_charges USING (charge_no)
UNION ALL BY NAME
SELECT
    covered.* EXCLUDE (balance_name, balance_kind, quantity, unit_price, total, list_unit_price),
    -covered.total AS total,
    all_charges.contract_id,
    'applied_commit_or_credit' AS type,
    covered.balance_name || ' applied' AS own_name,
    'applied' AS drawn_as,
    covered.balance_kind <> 'POSTPAID' AS in_total
FROM covered
JOIN all_charges USING (charge_no)
UNION ALL BY NAME
SELECT
    all_charges.* REPLACE (
        coalesce(rest.quantity, all_charges.quantity)::DECIMAL(38, 18) AS quantity,
        coalesce(rest.amount, all_charges.total)::DECIMAL(38, 26) AS total
    ),
    'rest' AS drawn_as,
    true AS in_total
FROM all_charges
LEFT JOIN rest USING (charge_no)
WHERE rest.charge_no IS NULL OR rest.quantity <> 0 OR rest.amount <> 0
