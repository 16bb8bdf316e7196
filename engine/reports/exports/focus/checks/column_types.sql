-- Costs, prices and quantities must be exact decimals, dates and times instants in UTC, everything else text.
SELECT name, type, logical_type
FROM parquet_schema('focus.parquet')
WHERE num_children IS NULL
    AND CASE
        WHEN regexp_matches(name, '(Cost|Price|Quantity)$') THEN converted_type IS DISTINCT FROM 'DECIMAL'
        WHEN regexp_matches(name, '(Period)(Start|End)$')
            THEN NOT contains(coalesce(logical_type, ''), 'isAdjustedToUTC=1')
        ELSE converted_type IS DISTINCT FROM 'UTF8'
    END
