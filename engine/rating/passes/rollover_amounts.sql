-- What rolls over from the contracts that have ended by now?
-- What is left of the segments that were in force at the transition, but no more than the fraction of what was granted
-- with them (spec/rating.md §6.1, §17 Q29). An epoch begins when every invoice up to its rollovers has drawn.
-- While custom pricing units are drawn, what money draws on is not known yet: units of products that are priced in money,
-- and money itself.
-- Parameters: epoch, is_money. Rows for segment_amounts.
WITH numbered AS (
    SELECT DISTINCT
        rollovers.to_segment_no,
        dense_rank() OVER (PARTITION BY drawing_contracts.pool_no ORDER BY rollovers.rolled_at) AS epoch,
        balances.credit_type_id IS NOT DISTINCT FROM rate_cards.credit_type_id
            OR EXISTS (
                FROM coverage
                WHERE coverage.segment_no = rollovers.from_segment_no AND coverage.is_money
            ) AS in_money
    FROM rollovers
    JOIN balance_segments ON balance_segments.segment_no = rollovers.to_segment_no
    JOIN balance_contracts USING (balance_no)
    JOIN drawing_contracts USING (contract_id)
    JOIN balances USING (balance_no)
    JOIN contracts ON contracts.contract_id = balance_contracts.contract_id
    JOIN rate_cards ON rate_cards.rate_card_id = contracts.rate_card_id
    WHERE balance_segments.amount IS NULL
),
due AS (
    SELECT to_segment_no
    FROM numbered
    ANTI JOIN segment_amounts ON segment_amounts.segment_no = numbered.to_segment_no
    WHERE numbered.epoch <= $epoch
    GROUP BY to_segment_no
    HAVING $is_money OR NOT bool_or(in_money)
),
drawn_elsewhere AS (
    -- By finalized invoices, of this billing period and of later ones.
    SELECT balance_segments.segment_no AS to_segment_no, sum(closed.amount)::DECIMAL(38, 26) AS drawn
    FROM (
        SELECT segment_id, amount FROM closed_draws WHERE NOT is_void
        UNION ALL
        SELECT segment_id, amount FROM later_draws
    ) AS closed
    JOIN balance_segments USING (segment_id)
    GROUP BY balance_segments.segment_no
),
sources AS (
    SELECT
        rollovers.to_segment_no,
        sum(greatest(segments_left.available, 0::DECIMAL(38, 26))) AS available,
        any_value(rollover_limits.at_most) AS at_most
    FROM rollovers
    SEMI JOIN due ON due.to_segment_no = rollovers.to_segment_no
    JOIN segments_left ON segments_left.segment_no = rollovers.from_segment_no
    JOIN rollover_limits ON rollover_limits.to_segment_no = rollovers.to_segment_no
    GROUP BY rollovers.to_segment_no
)
SELECT
    sources.to_segment_no AS segment_no,
    -- NULL, and so parked, when the limit is no exact amount.
    CASE WHEN sources.at_most IS NOT NULL THEN least(sources.available, sources.at_most) END::DECIMAL(38, 26) AS amount,
    greatest(amount - coalesce(drawn_elsewhere.drawn, 0)::DECIMAL(38, 26), 0::DECIMAL(38, 26)) AS available
FROM sources
LEFT JOIN drawn_elsewhere USING (to_segment_no)
