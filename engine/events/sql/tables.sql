/* Why: what one landing holds until it commits. The tables live in an in-memory database of their own, which
   spills to the connection's temp_directory and disappears as a whole.
   staged: one row per well-formed event so far; `refusal` is set for a rule it breaks. Columns p0, p1, … are added
     as properties appear. `other_properties` holds what no struct field can.
   refused: one row per refused line, any rule.
   duplicates: one row per repeated event; `content` is what it sent, as JSON. */
CREATE TABLE landing.staged (
    line_no BIGINT NOT NULL,
    transaction_id VARCHAR,
    customer_id VARCHAR,
    event_type VARCHAR,
    timestamp TIMESTAMP,
    refusal VARCHAR,
    other_properties MAP(VARCHAR, VARCHAR)
);

CREATE TABLE landing.refused (
    line_no BIGINT NOT NULL,
    reason VARCHAR NOT NULL,
    detail VARCHAR NOT NULL,
    transaction_id VARCHAR,
    content VARCHAR NOT NULL,
    encoding VARCHAR NOT NULL
);

CREATE TABLE landing.duplicates (
    line_no BIGINT NOT NULL,
    transaction_id VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    content VARCHAR NOT NULL,
    encoding VARCHAR NOT NULL
);
