-- Of which landings is not all there that they recorded?
-- Grain: batch_id.
WITH accepted AS (
    SELECT batch_id, count(*) AS accepted FROM all_events GROUP BY batch_id
),
refused AS (
    SELECT
        batch_id,
        count(*) FILTER (verdict = 'duplicate') AS duplicate,
        count(*) FILTER (verdict = 'rejected') AS rejected
    FROM refused_lines
    GROUP BY batch_id
)
SELECT
    landings.batch_id,
    landings.read,
    landings.accepted,
    coalesce(accepted.accepted, 0) AS accepted_found,
    landings.duplicate,
    coalesce(refused.duplicate, 0) AS duplicate_found,
    landings.rejected,
    coalesce(refused.rejected, 0) AS rejected_found
FROM landings
LEFT JOIN accepted USING (batch_id)
LEFT JOIN refused USING (batch_id)
WHERE landings.accepted <> accepted_found
    OR landings.duplicate <> duplicate_found
    OR landings.rejected <> rejected_found
    OR landings.read <> landings.accepted + landings.duplicate + landings.rejected
ORDER BY landings.batch_id
