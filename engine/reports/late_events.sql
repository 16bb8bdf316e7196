-- How many of the events in view are in each closed statement?
-- Those of its customer, by any alias, that the contract's usage filter passes, and that had arrived by the cut-off where
-- there is one.
-- Grain: invoice_id (only statements with such events).
WITH held AS (
    SELECT
        statements.invoice_id,
        contracts.usage_filter_no,
        events.timestamp,
        events.filter_values
    FROM late_statements AS statements
    JOIN contracts USING (contract_id)
    JOIN customer_aliases ON customer_aliases.customer_id = contracts.customer_id
    JOIN filterable_events AS events
        ON events.customer_id = customer_aliases.alias
        AND statements.starting_at <= events.timestamp
        AND events.timestamp < statements.ending_before
    CROSS JOIN late_events_question
    WHERE coalesce(events.ingested_at <= late_events_question.as_of, true)
)
SELECT invoice_id, count(*) AS events
FROM held
LEFT JOIN usage_filters
    ON usage_filters.usage_filter_no = held.usage_filter_no
    AND usage_filters.starting_at <= held.timestamp
    AND held.timestamp < usage_filters.ending_before
    AND coalesce(held.filter_values[usage_filters.filter_key] = usage_filters.filter_value, usage_filters.filter_key IS NULL)
WHERE held.usage_filter_no IS NULL OR usage_filters.usage_filter_no IS NOT NULL
GROUP BY invoice_id
