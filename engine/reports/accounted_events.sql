-- What became of each event of the billing period, as far as customers and contracts go?
-- Every event is in exactly one bucket: its customer is unknown; or no statement period of this run holds it, because
-- the contract has not begun, has ended, or is billed by a later run; or it arrived after the run's cut-off; or it was
-- offered to the contract's metrics.
-- Grain: bucket.
WITH attributed AS (
    SELECT aliases.customer_id, events.timestamp, coalesce(events.ingested_at > $as_of, false) AS arrived_later
    FROM landed_events AS events
    LEFT JOIN customer_aliases AS aliases ON aliases.alias = events.customer_id
    WHERE events.timestamp >= $starting_at AND events.timestamp < $ending_before
),
offered AS (
    SELECT count(*) AS events
    FROM attributed
    SEMI JOIN statement_periods
        ON statement_periods.customer_id = attributed.customer_id
        AND statement_periods.period_starting_at <= attributed.timestamp
        AND attributed.timestamp < statement_periods.period_ending_before
    WHERE NOT attributed.arrived_later
),
totals AS (
    SELECT
        count(*) AS events,
        count(*) FILTER (arrived_later) AS arrived_later,
        count(*) FILTER (customer_id IS NULL AND NOT arrived_later) AS unknown_customer
    FROM attributed
)
SELECT unnest(['metered', 'no_statement_period', 'unknown_customer', 'arrived_later']) AS bucket,
    unnest([
        offered.events,
        totals.events - offered.events - totals.unknown_customer - totals.arrived_later,
        totals.unknown_customer,
        totals.arrived_later
    ]) AS events
FROM totals, offered
