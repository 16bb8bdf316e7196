-- What the events of a line say about a quantity that differs: whether it is what one of them brings, or as many as
-- there are more or less, or what arrived after the invoice was made.
-- `their_excess` is how much more they bill, in units of the metric times the divisor of the product's conversion.
-- Grain: row_no.
WITH asked AS (
    SELECT
        row_no,
        metered_rows.aggregation,
        metered_rows.multiplier,
        CASE
            WHEN has_tiers OR is_covered THEN their_group_quantity - our_group_quantity
            ELSE their_quantity - our_quantity
        END AS excess_quantity,
        exact_product(excess_quantity, metered_rows.divisor) AS their_excess,
        metered_rows.multiplier <> metered_rows.divisor AND (
            exact_product(their_quantity, metered_rows.multiplier) = exact_product(our_quantity, metered_rows.divisor)
            OR exact_product(their_quantity, metered_rows.divisor)
                = exact_product(our_quantity, metered_rows.multiplier)
        ) AS is_unconverted,
        invoice_sides.their_changed_at
    FROM facts
    JOIN metered_rows USING (row_no)
    JOIN invoice_sides USING (invoice_no)
),
events AS (
    SELECT
        asked.row_no,
        found.transaction_id,
        exact_product(
            CASE asked.aggregation WHEN 'COUNT' THEN 1 WHEN 'SUM' THEN try_cast(found.value AS DECIMAL(38, 18)) END,
            asked.multiplier
        ) AS brings,
        export_events.updated_at > asked.their_changed_at AS is_late
    FROM asked
    JOIN difference_events AS found ON found.window_id = asked.row_no
    LEFT JOIN export_events ON export_events.transaction_id = found.transaction_id
),
counted AS (
    SELECT
        asked.row_no,
        asked.aggregation,
        asked.excess_quantity,
        asked.their_excess,
        asked.is_unconverted,
        asked.multiplier,
        count(events.transaction_id) AS events,
        count(*) FILTER (events.is_late) AS late_events,
        sum(events.brings) FILTER (events.is_late) AS late_sum,
        min(events.transaction_id) FILTER (events.brings = abs(asked.their_excess)) AS like_event
    FROM asked
    LEFT JOIN events USING (row_no)
    GROUP BY ALL
),
weighed AS (
    SELECT
        *,
        CASE WHEN aggregation = 'COUNT'
            THEN round_ratio(abs(their_excess)::DECIMAL(38, 26), multiplier::DECIMAL(38, 26))
        END AS as_many
    FROM counted
)
SELECT
    row_no,
    events,
    late_events,
    like_event,
    as_many,
    CASE
        WHEN is_unconverted THEN 'conversion_factor'
        WHEN their_excess < 0 AND late_events > 0 AND late_sum = -their_excess THEN 'late_events'
        WHEN their_excess < 0 AND (
            (aggregation = 'SUM' AND like_event IS NOT NULL) OR (aggregation = 'COUNT' AND as_many = trunc(as_many))
        ) THEN 'uncounted_events'
        WHEN their_excess > 0 AND aggregation = 'SUM' AND like_event IS NOT NULL THEN 'duplicate_events'
        WHEN their_excess > 0 AND (
            aggregation = 'SUM' OR (aggregation = 'COUNT' AND as_many = trunc(as_many))
        ) THEN 'missing_events'
    END AS hint
FROM weighed
