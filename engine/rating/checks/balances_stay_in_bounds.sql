-- No segment of a balance gives more than it has, and none covers a line that lies outside its time, of a contract that
-- may not draw on it, or of a product that it does not reach.
-- Usage and subscriptions count by when they start, composite charges and conversions by their last instant, and usage
-- that is billed once for its service period by that of the period. What a threshold releases for a statement's spend
-- covers that statement and nothing else, whenever its lines begin.
WITH spend_releases AS (
    SELECT segment_id, contract_id, charged_at
    FROM threshold_releases
    WHERE kind = 'SPEND'
),
covered AS (
    SELECT
        line_items.id,
        line_items.invoice_id,
        line_items.commit_segment_id AS segment_id,
        line_items.contract_id,
        line_items.product_id,
        line_items.credit_type_id,
        CASE
            WHEN line_items.type = 'subscription' THEN line_items.starting_at
            WHEN line_items.billable_metric_id IS NOT NULL AND EXISTS (
                FROM product_meters
                WHERE product_meters.product_id = line_items.product_id
                    AND product_meters.one_segment
                    AND product_meters.starting_at <= line_items.starting_at
                    AND line_items.starting_at < product_meters.ending_before
            ) THEN line_items.period_ending_before - to_microseconds(1)
            WHEN line_items.billable_metric_id IS NOT NULL THEN line_items.starting_at
            ELSE coalesce(line_items.ending_before - to_microseconds(1), line_items.starting_at)
        END AS covered_at
    FROM line_items
    WHERE line_items.commit_segment_id IS NOT NULL
        AND line_items.type <> 'applied_commit_or_credit'
        AND line_items.origin_line_item_id IS NULL
),
held AS (
    SELECT covered.*, balance_segments.* EXCLUDE (segment_id)
    FROM covered
    LEFT JOIN balance_segments ON balance_segments.segment_id = covered.segment_id
    ANTI JOIN spend_releases ON spend_releases.segment_id = covered.segment_id
)
SELECT segment_balances.segment_id, NULL AS line_item_id, 'more is drawn than there is' AS violation
FROM segment_balances
WHERE segment_balances.drawn < 0
    OR segment_balances.drawn > greatest(
        segment_balances.opening + segment_balances.granted + segment_balances.manual, 0::DECIMAL(38, 26)
    )
    OR segment_balances.rolled_over < 0
    OR segment_balances.expired < 0
    OR segment_balances.trued_up < 0
    OR (segment_balances.closing < 0 AND segment_balances.opening >= 0 AND segment_balances.manual >= 0)
UNION ALL
SELECT segment_id, id, 'a line is covered outside the time of the segment'
FROM held
WHERE NOT coalesce(starting_at <= covered_at AND covered_at < ending_before, false)
UNION ALL
SELECT held.segment_id, held.id, 'a contract may not draw on the balance'
FROM held
ANTI JOIN balance_contracts
    ON balance_contracts.balance_no = held.balance_no
    AND balance_contracts.contract_id = held.contract_id
UNION ALL
SELECT held.segment_id, held.id, 'the balance does not reach the product then, or is in another unit'
FROM held
ANTI JOIN balance_reach
    ON balance_reach.segment_no = held.segment_no
    AND balance_reach.contract_id = held.contract_id
    AND coalesce(balance_reach.product_id = held.product_id, balance_reach.product_id IS NULL)
    AND coalesce(balance_reach.credit_type_id = held.credit_type_id, true)
    AND balance_reach.starting_at <= held.covered_at
    AND held.covered_at < balance_reach.ending_before
UNION ALL
SELECT covered.segment_id, covered.id, 'a line is covered by what was released for another statement'
FROM covered
JOIN spend_releases ON spend_releases.segment_id = covered.segment_id
LEFT JOIN invoices ON invoices.id = covered.invoice_id
WHERE NOT coalesce(
    covered.contract_id = spend_releases.contract_id AND invoices.ending_before = spend_releases.charged_at, false
)
