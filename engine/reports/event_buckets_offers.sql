-- Which statements are offered each event, and what is decided of it before any metric is?
-- An event that is offered to none has one row, without a statement, whose bucket says why: nobody has its customer_id;
-- or a statement holds it and a usage filter keeps it out; or another billing period's statement holds it; or none does.
-- Grain: event_no, statement_no.
WITH offered AS (
    SELECT
        passing_events.event_no,
        statements.statement_no,
        statements.rate_card_id,
        statements.is_parked,
        CASE
            WHEN statements.settled IS NOT NULL THEN statements.settled
            WHEN bucket_batches.table_version > statements.events_version
                OR passing_events.ingested_at > statements.as_of
            THEN statements.unseen
        END AS bucket
    FROM passing_events
    JOIN bucket_statements AS statements USING (statement_no)
    LEFT JOIN bucket_batches USING (batch_id)
),
rest AS (
    SELECT events.rowid AS event_no, aliases.customer_id, events.timestamp
    FROM bucket_events AS events
    ANTI JOIN passing_events ON passing_events.event_no = events.rowid
    LEFT JOIN customer_aliases AS aliases ON aliases.alias = events.customer_id
),
kept_out AS (
    SELECT DISTINCT rest.event_no
    FROM rest
    JOIN bucket_statements AS statements
        ON statements.customer_id = rest.customer_id
        AND statements.starting_at <= rest.timestamp
        AND rest.timestamp < statements.ending_before
),
held_elsewhere AS (
    SELECT DISTINCT rest.event_no
    FROM rest
    JOIN statement_windows
        ON statement_windows.customer_id = rest.customer_id
        AND statement_windows.period_starting_at <= rest.timestamp
        AND rest.timestamp < statement_windows.period_ending_before
)
SELECT * FROM offered
UNION ALL BY NAME
SELECT
    rest.event_no,
    CASE
        WHEN rest.customer_id IS NULL THEN 'unknown_customer'
        WHEN kept_out.event_no IS NOT NULL THEN 'outside_usage_filters'
        WHEN held_elsewhere.event_no IS NOT NULL THEN 'other_period'
        ELSE 'no_contract'
    END::EVENT_BUCKET AS bucket
FROM rest
LEFT JOIN kept_out USING (event_no)
LEFT JOIN held_elsewhere USING (event_no)
