-- In which order are the segments of each pool's balances drawn?
-- Rollovers first, those of postpaid commits before others, then prepaid commits and credits, then postpaid commits; within
-- these by priority, what cost nothing before what was paid, what applies to fewest products, what asks for fewest values,
-- what ends and begins first, what is shared by fewest contracts, and what was added first (spec/rating.md §7.1, §17 Q11,
-- Q13). The balances of single seats are for different usage and share a rank. All segments of one rank are drawn at
-- once, so there are as many passes as there are ranks in the largest pool.
-- Grain: segment_no.
WITH drawable AS (
    SELECT DISTINCT balance_reach.segment_no, drawn_invoices.pool_no
    FROM balance_reach
    JOIN drawn_invoices USING (contract_id)
    WHERE balance_reach.starting_at <= drawn_invoices.billed_until
        AND drawn_invoices.billed_from <= balance_reach.ending_before
)
SELECT
    drawable.segment_no,
    drawable.pool_no,
    dense_rank() OVER (
        PARTITION BY drawable.pool_no
        ORDER BY
            balances.order_class,
            balances.priority NULLS LAST,
            CASE WHEN balances.order_class >= 3 THEN balances.is_paid END,
            balances.product_applicability NULLS LAST,
            balances.usage_applicability NULLS LAST,
            balance_segments.ending_before,
            balance_segments.starting_at,
            balances.contract_count NULLS LAST,
            coalesce(balances.seats_no, balances.balance_no),
            CASE WHEN balances.seats_no IS NULL THEN drawable.segment_no END
    ) AS rank
FROM drawable
JOIN balance_segments USING (segment_no)
JOIN balances USING (balance_no)
LEFT JOIN segment_amounts USING (segment_no)
WHERE coalesce(segment_amounts.available > 0, true)
