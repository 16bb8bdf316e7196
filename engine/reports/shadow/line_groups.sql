-- What both sides bill of a product, with group values, on an invoice, however it is cut by tiers and balances, and, in
-- the rows without `starting_at`, by time: when the quantities are the same, only the cuts or the prices differ. Only
-- of invoices on which something differs.
-- Grain: invoice_no, group_key, starting_at (NULL for all of a group).
WITH both AS (
    SELECT
        invoice_no,
        group_key,
        coalesce(starting_at, 'epoch'::TIMESTAMP) AS starting_at,
        'theirs' AS side,
        quantity,
        unit_price,
        commit_id,
        NULL::DECIMAL(38, 18) AS list_unit_price,
        NULL::INTEGER AS tier_level,
        NULL::VARCHAR AS rate_id,
        NULL::VARCHAR AS override_id,
        NULL::DECIMAL(38, 18) AS override_multiplier
    FROM their_lines
    SEMI JOIN line_sides USING (invoice_no)
    WHERE NOT is_applied
    UNION ALL
    SELECT
        invoice_no, group_key, coalesce(starting_at, 'epoch'::TIMESTAMP), 'ours', quantity, unit_price, commit_id,
        list_unit_price, tier_level, rate_id, override_id, override_multiplier
    FROM our_lines
    SEMI JOIN line_sides USING (invoice_no)
    WHERE NOT is_applied
)
SELECT
    invoice_no,
    group_key,
    starting_at,
    coalesce(sum(quantity) FILTER (side = 'theirs'), 0)::DECIMAL(38, 18) AS their_quantity,
    coalesce(sum(quantity) FILTER (side = 'ours'), 0)::DECIMAL(38, 18) AS our_quantity,
    coalesce(
        list(DISTINCT unit_price ORDER BY unit_price) FILTER (side = 'theirs' AND unit_price IS NOT NULL), []
    ) AS their_prices,
    coalesce(
        list(DISTINCT unit_price ORDER BY unit_price) FILTER (side = 'ours' AND unit_price IS NOT NULL), []
    ) AS our_prices,
    coalesce(
        list(DISTINCT commit_id ORDER BY commit_id) FILTER (side = 'theirs' AND commit_id IS NOT NULL), []
    ) AS their_commits,
    coalesce(
        list(DISTINCT commit_id ORDER BY commit_id) FILTER (side = 'ours' AND commit_id IS NOT NULL), []
    ) AS our_commits,
    max(list_unit_price) AS list_unit_price,
    min(rate_id) AS rate_id,
    min(override_id) AS override_id,
    min(override_multiplier) AS override_multiplier,
    coalesce(bool_or(tier_level IS NOT NULL), false) AS has_tiers
FROM both
GROUP BY GROUPING SETS ((invoice_no, group_key, starting_at), (invoice_no, group_key))
