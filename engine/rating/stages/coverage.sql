-- Which segments may cover which lines, at which price?
-- Usage as its group was found to be covered. Subscriptions are covered by what is in force when they start, composite
-- charges by what is in force at their last instant; neither has group values. A segment covers only lines of invoices that
-- begin before it ends, so that it can be settled once those have been billed, and what has rolled over covers nothing on
-- the invoices that come after.
-- Grain: line_no, segment_no.
WITH of_usage AS (
    SELECT
        coverable_lines.line_no,
        group_coverage.segment_no,
        balance_tiers.charge_no IS NOT NULL AS is_special,
        CASE WHEN is_special THEN balance_tiers.unit_price ELSE coverable_lines.unit_price END AS unit_price
    FROM coverable_lines
    JOIN group_coverage USING (usage_no)
    LEFT JOIN balance_tiers
        ON balance_tiers.charge_no = coverable_lines.charge_no
        AND balance_tiers.segment_no = group_coverage.segment_no
        AND balance_tiers.part_starting_at <= coverable_lines.slice_starting_at
        AND coverable_lines.slice_starting_at < balance_tiers.part_ending_at
),
of_others AS (
    SELECT DISTINCT coverable_lines.line_no, balance_reach.segment_no, false AS is_special, coverable_lines.unit_price
    FROM coverable_lines
    JOIN balance_reach USING (contract_id)
    WHERE coverable_lines.usage_no IS NULL
        AND coalesce(balance_reach.product_id = coverable_lines.product_id, true)
        AND coalesce(balance_reach.credit_type_id = coverable_lines.credit_type_id, true)
        AND balance_reach.starting_at <= coverable_lines.covered_at
        AND coverable_lines.covered_at < balance_reach.ending_before
        AND balance_reach.pricing_pairs IS NULL
        AND balance_reach.presentation_pairs IS NULL
        AND balance_reach.seat_pair IS NULL
)
SELECT found.*, coverable_lines.is_money, coverable_lines.epoch, balance_ranks.rank
FROM (
    SELECT * FROM of_usage
    UNION ALL
    SELECT * FROM of_others
) AS found
JOIN coverable_lines USING (line_no)
JOIN drawn_invoices USING (invoice_id)
JOIN balance_ranks ON balance_ranks.segment_no = found.segment_no
JOIN balance_segments ON balance_segments.segment_no = found.segment_no
ANTI JOIN rollovers
    ON rollovers.from_segment_no = found.segment_no
    AND rollovers.rolled_at < drawn_invoices.billed_until
WHERE coalesce(found.unit_price > 0, true)
    AND drawn_invoices.billed_from < balance_segments.ending_before
