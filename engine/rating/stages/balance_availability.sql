-- What can cover a group in each segment of a period that is cut, and at which prices?
-- Neighbouring segments are one line only where this is the same.
-- Grain: usage_no.
SELECT
    group_coverage.usage_no,
    list(
        row(group_coverage.segment_no, balance_prices.from_commit_rate, balance_prices.price_override_no)
        ORDER BY group_coverage.segment_no
    ) AS coverers
FROM group_coverage
JOIN convert_and_round ON convert_and_round.usage_no = group_coverage.usage_no
LEFT JOIN balance_prices
    ON balance_prices.usage_no = group_coverage.usage_no
    AND balance_prices.segment_no = group_coverage.segment_no
WHERE convert_and_round.segments > 1
GROUP BY group_coverage.usage_no
