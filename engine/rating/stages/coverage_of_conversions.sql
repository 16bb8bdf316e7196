-- Which segments may cover which conversions into money?
-- Those of balances without limits to what they apply to: a conversion has no product. What is in force at its last
-- instant counts.
-- Grain: line_no, segment_no; rows for coverage.
SELECT DISTINCT
    coverable_lines.line_no,
    balance_reach.segment_no,
    false AS is_special,
    coverable_lines.unit_price,
    coverable_lines.is_money,
    coverable_lines.epoch,
    balance_ranks.rank
FROM coverable_lines
JOIN balance_reach USING (contract_id)
JOIN balance_ranks USING (segment_no)
WHERE coverable_lines.type = 'cpu_conversion'
    AND balance_reach.product_id IS NULL
    AND balance_reach.credit_type_id = coverable_lines.credit_type_id
    AND balance_reach.starting_at <= coverable_lines.covered_at
    AND coverable_lines.covered_at < balance_reach.ending_before
    AND balance_reach.pricing_pairs IS NULL
    AND balance_reach.presentation_pairs IS NULL
    AND balance_reach.seat_pair IS NULL
