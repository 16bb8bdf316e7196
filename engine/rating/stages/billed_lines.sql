-- Every line of this run's invoices: what is charged, what balances cover of it, and what it is converted to.
-- `own_tier_level` and `charge_type` are the charge's, whatever part of it a balance covers.
-- Grain: as line_items, without copies.
WITH uncovered AS (
    SELECT *
    FROM charges
    ANTI JOIN drawing_contracts ON drawing_contracts.contract_id = charges.contract_id
    UNION ALL BY NAME
    SELECT * EXCLUDE (charge_no, pool_no, converted_credit_type_id)
    FROM conversion_lines
    WHERE pool_no IS NULL
),
drawn AS (
    SELECT
        drawn_on.* EXCLUDE (
            charge_no, type, own_name, quantity, unit_price, total, list_unit_price, tier_level, tier_starting_at,
            tier_ending_at, override_tier_level, price_override_no, override_type, override_reason, multiplier, commit_id
        ),
        drawn_on.type AS charge_type,
        drawn_on.own_name AS charge_name,
        drawn_on.tier_level AS own_tier_level,
        drawn_on.override_tier_level AS own_override_tier_level,
        lines.type,
        lines.own_name,
        lines.quantity,
        lines.unit_price,
        lines.total,
        CASE
            WHEN lines.drawn_as = 'applied' THEN NULL
            WHEN lines.is_special THEN lines.list_unit_price
            ELSE drawn_on.list_unit_price
        END AS list_unit_price,
        CASE WHEN lines.is_special THEN lines.tier_level ELSE drawn_on.tier_level END AS tier_level,
        CASE WHEN lines.is_special THEN lines.tier_starting_at ELSE drawn_on.tier_starting_at END AS tier_starting_at,
        CASE WHEN lines.is_special THEN lines.tier_ending_at ELSE drawn_on.tier_ending_at END AS tier_ending_at,
        CASE WHEN lines.is_special THEN lines.override_tier_level ELSE drawn_on.override_tier_level END
            AS override_tier_level,
        CASE WHEN lines.is_special THEN lines.price_override_no ELSE drawn_on.price_override_no END
            AS price_override_no,
        CASE WHEN lines.is_special THEN lines.override_type ELSE drawn_on.override_type END AS override_type,
        CASE WHEN lines.is_special THEN lines.multiplier ELSE drawn_on.multiplier END AS multiplier,
        CASE
            WHEN lines.from_commit_rate THEN 'commit rate'
            WHEN lines.is_special THEN 'commit-specific override'
            ELSE drawn_on.override_reason
        END AS override_reason,
        coalesce(balances.balance_id, drawn_on.commit_id) AS commit_id,
        balance_segments.segment_id AS commit_segment_id,
        CASE WHEN balances.kind = 'POSTPAID' THEN 'PostpaidCommit' WHEN balances.kind IS NOT NULL THEN 'PrepaidCommit'
        END AS commit_type,
        balances.kind AS applied_balance_type,
        balances.access_type,
        lines.quantity_consumed,
        lines.cover_no,
        lines.drawn_as,
        lines.in_total
    FROM drawn_lines AS lines
    JOIN drawable_charges AS drawn_on ON drawn_on.charge_no = lines.charge_no
    LEFT JOIN balance_segments ON balance_segments.segment_no = lines.segment_no
    LEFT JOIN balances ON balances.balance_no = balance_segments.balance_no
)
SELECT
    *,
    type AS charge_type,
    own_name AS charge_name,
    tier_level AS own_tier_level,
    override_tier_level AS own_override_tier_level,
    true AS in_total
FROM uncovered
UNION ALL BY NAME
SELECT * FROM drawn
UNION ALL BY NAME
SELECT * EXCLUDE (outcome), charge_name AS own_name, type AS charge_type, true AS in_total
FROM (
    SELECT * FROM trueup_lines
    UNION ALL BY NAME
    SELECT * FROM threshold_lines
)
