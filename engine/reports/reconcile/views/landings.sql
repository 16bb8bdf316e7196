-- What each landing recorded in the commit that made its events visible (spec/reliability.md §1.1).
-- Grain: batch_id.
SELECT
    landing->>'batch_id' AS batch_id,
    (landing->>'read')::BIGINT AS read,
    (landing->>'accepted')::BIGINT AS accepted,
    (landing->>'duplicate')::BIGINT AS duplicate,
    (landing->>'rejected')::BIGINT AS rejected
FROM (
    SELECT json_extract_string(json, '/commitInfo/duckbill.landing')::JSON AS landing
    FROM read_json_objects('lake/events/_delta_log/*.json', format = 'newline_delimited')
)
WHERE coalesce(landing->>'batch_id', '') <> ''
