-- Tags must be a JSON object of plain values, where they are given.
SELECT InvoiceId, x_LineItemId, Tags
FROM 'focus.parquet'
WHERE Tags IS NOT NULL
    AND (
        NOT json_valid(Tags)
        OR EXISTS (
            SELECT 1
            FROM json_each(CASE WHEN json_valid(Tags) THEN Tags ELSE '{}' END) AS tag
            WHERE tag.type IN ('OBJECT', 'ARRAY') OR json_type(CASE WHEN json_valid(Tags) THEN Tags END) <> 'OBJECT'
        )
    )
