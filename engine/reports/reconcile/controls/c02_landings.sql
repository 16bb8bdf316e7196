-- Is what every landing recorded still there: as accepted events, as duplicates and as refused lines?
WITH recorded AS (
    SELECT
        coalesce(sum(read), 0) AS read,
        coalesce(sum(accepted), 0) AS accepted,
        coalesce(sum(duplicate), 0) AS duplicate,
        coalesce(sum(rejected), 0) AS rejected
    FROM landings
),
kept AS (
    SELECT coalesce(sum(rows), 0) AS accepted
    FROM all_event_file_rows
),
refused AS (
    -- Lines of a landing that never committed were landed by nobody.
    SELECT
        count(*) FILTER (verdict = 'duplicate') AS duplicate,
        count(*) FILTER (verdict = 'rejected') AS rejected
    FROM refused_lines
    SEMI JOIN landings USING (batch_id)
)
SELECT
    unnest(['read', 'accepted', 'duplicate', 'rejected']) AS scope,
    unnest([recorded.read, recorded.accepted, recorded.duplicate, recorded.rejected]) AS "left",
    unnest([
        kept.accepted + refused.duplicate + refused.rejected, kept.accepted, refused.duplicate, refused.rejected
    ]) AS "right"
FROM recorded, kept, refused
