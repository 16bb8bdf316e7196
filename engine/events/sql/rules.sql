/* Why: the validation rules as expressions, so that every path into the staging table applies the same ones.
   Grain: scalar macros.
   event_instant(sent): the UTC instant (TIMESTAMP, microseconds, further digits cut off) of an RFC 3339 text, or
     NULL. Lower-case t and z are allowed; leap seconds, hour 24, impossible offsets and years outside 1..9999
     are not (spec/reliability.md §2.4). DuckDB's own cast is looser, hence the pattern in front of it.
   known_instant(sent): the same for a text already known to have the common form of `known_shapes`.
   refusal(...): NULL for an acceptable event, else `reason field`. First rule broken wins. That the four fields
     are there and are strings has been seen to before.
   known_refusal(...): the same for lines that match `known_shapes`.
   sent_properties(entries, other): what an event sent, as a sorted list of (key, value), wherever it is kept. */
CREATE MACRO landing.in_calendar(instant) AS (
    CASE WHEN instant >= TIMESTAMP '0001-01-01' AND instant < TIMESTAMP '10000-01-01' THEN instant END
);

CREATE MACRO landing.event_instant(sent) AS (
    CASE
        WHEN regexp_full_match(
            sent,
            '[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])'
        ) AND sent[1:4] <> '0000'
        THEN landing.in_calendar(make_timestamp(epoch_us(TRY_CAST(
            CASE WHEN strlen(sent) <= 32 AND NOT regexp_matches(sent, '[tz]') THEN sent
                 ELSE regexp_replace(upper(sent), '(\.[0-9]{6})[0-9]+', '\1') END
            AS TIMESTAMPTZ
        ))))
    END
);

CREATE MACRO landing.known_instant(sent) AS
    landing.in_calendar(make_timestamp(epoch_us(TRY_CAST(sent AS TIMESTAMPTZ))));

CREATE MACRO landing.has_control(text) AS regexp_matches(text, '\p{Cc}');

CREATE MACRO landing.refusal(transaction_id, customer_id, event_type, sent, instant, earliest, latest) AS (
    CASE
        WHEN length(transaction_id) NOT BETWEEN 1 AND 128 THEN 'bad_length transaction_id'
        WHEN customer_id = '' THEN 'bad_length customer_id'
        WHEN event_type = '' THEN 'bad_length event_type'
        WHEN landing.has_control(transaction_id) THEN 'control_character transaction_id'
        WHEN landing.has_control(customer_id) THEN 'control_character customer_id'
        WHEN landing.has_control(event_type) THEN 'control_character event_type'
        WHEN regexp_full_match(transaction_id, '\p{Z}+') THEN 'bad_length transaction_id'
        WHEN instant IS NULL THEN 'bad_timestamp timestamp'
        WHEN instant < earliest THEN 'too_old timestamp'
        WHEN instant > latest THEN 'in_future timestamp'
    END
);

CREATE MACRO landing.known_refusal(transaction_id, instant, earliest, latest) AS (
    CASE
        WHEN strlen(transaction_id) > 128 THEN 'bad_length transaction_id'
        WHEN instant IS NULL THEN 'bad_timestamp timestamp'
        WHEN instant < earliest THEN 'too_old timestamp'
        WHEN instant > latest THEN 'in_future timestamp'
    END
);

CREATE MACRO landing.sent_properties(entries, other) AS
    list_sort(list_filter(
        list_concat(entries, coalesce(map_entries(other), [])),
        lambda entry: entry.value IS NOT NULL
    ));

/* The grammar of engine/values/numbers.py once more (a test holds the two together).
   number_code(sent): one number that says all a numeric profile needs, so that values can be counted by it.
     -1: not a number; -2: a number that is not plain, to be judged by itself;
     otherwise 256 * digits before the point + digits after it, needless zeros left out. */
CREATE MACRO landing.number_code(sent) AS (
    CASE
        -- Past '9' in ASCII: most text is told from numbers without a pattern.
        WHEN sent >= ':' THEN -1
        WHEN strlen(sent) <= 100 AND regexp_full_match(sent, '0|-?[1-9][0-9]*')
        THEN 256 * (strlen(sent) - CAST(sent[1] = '-' AS INTEGER))
        WHEN NOT regexp_full_match(sent, '[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?') THEN -1
        WHEN strlen(sent) <= 100 AND regexp_full_match(sent, '-?[0-9]+(\.[0-9]+)?')
        THEN 256 * greatest(1, strlen(ltrim(split_part(sent, '.', 1), '-0')))
            + strlen(rtrim(split_part(sent, '.', 2), '0'))
        ELSE -2
    END
);
