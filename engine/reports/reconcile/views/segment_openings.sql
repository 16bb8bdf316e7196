-- What each segment closed with in the published billing period before, and opened with in this one.
-- A segment that closed with nothing need not appear again. Nothing is said of a balance while a contract that may draw on
-- it is parked, so the segments of customers with a parked contract are left out.
-- Grain: segment_id.
SELECT
    before.segment_id,
    before.customer_id,
    before.balance_id,
    before.balance_name,
    before.currency,
    before.closing AS closed_with,
    segment_balances.opening AS opened_with
FROM previous_segment_balances AS before
LEFT JOIN segment_balances ON segment_balances.segment_id = before.segment_id
WHERE segment_balances.segment_id IS NOT NULL
    OR (before.closing <> 0 AND before.customer_id NOT IN (SELECT customer_id FROM parked))
