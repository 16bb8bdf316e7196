-- What became of the events that match a metric, for the products that it meters by one set of keys?
-- A product is metered by the metric and the keys that it has at the event's own time, and billed where a line of its
-- group holds that time. A group that has no line there adds nothing there: it is rated, at nothing.
-- Grain: event_no, statement, product.
SELECT
    matched.event_no,
    $metric_no::INTEGER AS metric_no,
    CASE
        WHEN offers.statement_no IS NULL THEN offers.bucket
        WHEN sold.product_id IS NULL THEN 'not_on_rate_card'
        WHEN offers.bucket IS NOT NULL THEN offers.bucket
        WHEN matched.is_invalid THEN 'invalid_value'
        WHEN offers.is_parked THEN 'parked'
        ELSE coalesce(lines.bucket, 'rated_zero')
    END::EVENT_BUCKET AS bucket
FROM matched_events AS matched
JOIN bucket_offers AS offers USING (event_no)
LEFT JOIN (FROM bucket_sold WHERE meter_no = $meter_no) AS sold
    ON sold.rate_card_id = offers.rate_card_id
    AND sold.starting_at <= matched.timestamp
    AND matched.timestamp < sold.ending_before
LEFT JOIN (FROM bucket_lines WHERE meter_no = $meter_no) AS lines
    ON lines.statement_no = offers.statement_no
    AND lines.product_id = sold.product_id
    AND lines.group_key = matched.group_key
    AND lines.starting_at <= matched.timestamp
    AND matched.timestamp < lines.ending_before
