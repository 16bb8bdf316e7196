-- What became of each event of the billing period, as far as customers and contracts go?
-- Every event is in exactly one bucket: its customer is unknown; or only statements hold it whose invoices are finalized or
-- void; or no statement period of this run holds it, because the contract has not begun, has ended, or is billed by a later
-- run; or it arrived after the run's cut-off; or the usage filter of every contract that holds it passes it over; or it was
-- offered to some contract's metrics.
-- Grain: bucket.
WITH attributed AS (
    SELECT
        aliases.customer_id,
        events.timestamp,
        events.filter_values,
        coalesce(events.ingested_at > $as_of, false) AS arrived_later
    FROM filterable_events AS events
    LEFT JOIN customer_aliases AS aliases ON aliases.alias = events.customer_id
    WHERE events.timestamp >= $starting_at AND events.timestamp < $ending_before
),
closed AS (
    SELECT count(*) AS events
    FROM attributed
    SEMI JOIN closed_statements
        ON closed_statements.customer_id = attributed.customer_id
        AND closed_statements.period_starting_at <= attributed.timestamp
        AND attributed.timestamp < closed_statements.period_ending_before
    ANTI JOIN statement_periods
        ON statement_periods.customer_id = attributed.customer_id
        AND statement_periods.period_starting_at <= attributed.timestamp
        AND attributed.timestamp < statement_periods.period_ending_before
    WHERE NOT attributed.arrived_later
),
held AS (
    SELECT count(*) AS events
    FROM attributed
    SEMI JOIN statement_periods
        ON statement_periods.customer_id = attributed.customer_id
        AND statement_periods.period_starting_at <= attributed.timestamp
        AND attributed.timestamp < statement_periods.period_ending_before
    WHERE NOT attributed.arrived_later
),
filtered_customers AS (
    SELECT customer_id FROM statement_periods JOIN contracts USING (contract_id, customer_id)
    WHERE contracts.usage_filter_no IS NOT NULL
),
passing AS (
    SELECT
        statement_periods.customer_id,
        greatest(statement_periods.period_starting_at, usage_filters.starting_at) AS starting_at,
        least(statement_periods.period_ending_before, usage_filters.ending_before) AS ending_before,
        usage_filters.filter_key,
        usage_filters.filter_value
    FROM statement_periods
    JOIN contracts USING (contract_id)
    LEFT JOIN usage_filters
        ON usage_filters.usage_filter_no = contracts.usage_filter_no
        AND usage_filters.starting_at < statement_periods.period_ending_before
        AND statement_periods.period_starting_at < usage_filters.ending_before
),
passed_over AS (
    SELECT count(*) AS events
    FROM attributed
    SEMI JOIN filtered_customers ON filtered_customers.customer_id = attributed.customer_id
    SEMI JOIN statement_periods
        ON statement_periods.customer_id = attributed.customer_id
        AND statement_periods.period_starting_at <= attributed.timestamp
        AND attributed.timestamp < statement_periods.period_ending_before
    ANTI JOIN passing
        ON passing.customer_id = attributed.customer_id
        AND passing.starting_at <= attributed.timestamp
        AND attributed.timestamp < passing.ending_before
        AND (passing.filter_key IS NULL OR attributed.filter_values[passing.filter_key] = passing.filter_value)
    WHERE NOT attributed.arrived_later
),
totals AS (
    SELECT
        count(*) AS events,
        count(*) FILTER (arrived_later) AS arrived_later,
        count(*) FILTER (customer_id IS NULL AND NOT arrived_later) AS unknown_customer
    FROM attributed
)
SELECT unnest([
        'metered', 'no_statement_period', 'unknown_customer', 'arrived_later', 'outside_usage_filters', 'closed'
    ]) AS bucket,
    unnest([
        held.events - passed_over.events,
        totals.events - held.events - closed.events - totals.unknown_customer - totals.arrived_later,
        totals.unknown_customer,
        totals.arrived_later,
        passed_over.events,
        closed.events
    ]) AS events
FROM totals, held, passed_over, closed
