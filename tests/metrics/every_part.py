"""One metric for each part of the language that a metric may use (engine/metrics/README.md)."""

from __future__ import annotations

VALUES = [
    *("LOWER(properties.a)", "UPPER(properties.a)", "TRIM(properties.a)", "CAST(LENGTH(properties.a) AS VARCHAR)"),
    *("SUBSTRING(properties.a, 1, 2)", "SUBSTRING(properties.a, 2)", "LEFT(properties.a, 1)", "RIGHT(properties.a, 1)"),
    *("REPLACE(properties.a, 'x', 'y')", "SPLIT_PART(properties.a, '-', 1)", "CAST(STRPOS(properties.a, 'x') AS TEXT)"),
    *("CONCAT(properties.a, 'x')", "properties.a || 'x'", "REGEXP_EXTRACT(properties.a, 'x(.)')"),
    *("REGEXP_EXTRACT(properties.a, 'x(.)', 1)", "REGEXP_REPLACE(properties.a, 'x', 'y', 'g')"),
    *("DATE_TRUNC('hour', timestamp)", "DATE_TRUNC('week', CAST(timestamp AS DATE))", "EXTRACT(dow FROM timestamp)"),
    *("DATE_PART('hour', timestamp)", "YEAR(timestamp)", "QUARTER(timestamp)", "MONTH(timestamp)", "WEEK(timestamp)"),
    *("DAY(timestamp)", "HOUR(timestamp)", "MINUTE(timestamp)", "SECOND(timestamp)", "DATE(timestamp)"),
    *("DATE_DIFF('day', timestamp, timestamp + INTERVAL 1 DAY)", "CAST(timestamp AS DATE)", "CAST(timestamp AS TEXT)"),
    *("CAST(CAST(timestamp AS DATE) - INTERVAL '2' HOUR AS VARCHAR)", "properties.a IS NULL", "properties.x.y.z"),
    *("CASE properties.a WHEN 'x' THEN 'y' ELSE 'z' END", "IF(properties.a = 'x', 'y', NULL)"),
    *("COALESCE(properties.a, properties.b, '-')", "NULLIF(properties.a, 'x')", "LEAST(properties.a, 'x')"),
    *(f"timestamp + INTERVAL 2 {unit}" for unit in ("SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "QUARTER")),
    "GREATEST(timestamp, timestamp + INTERVAL 1 YEAR)",
]
CONDITIONS = [
    *("properties.a LIKE 'x%'", "properties.a NOT LIKE '%x_'", "properties.a ILIKE 'x%'", "properties.a NOT ILIKE 'x'"),
    *("STARTS_WITH(properties.a, 'x')", "ENDS_WITH(properties.a, 'x')", "CONTAINS(properties.a, 'x')"),
    *("REGEXP_MATCHES(properties.a, '^x')", "properties.a IN ('a', 'b')", "properties.a NOT IN ('a')"),
    *("properties.a BETWEEN 'a' AND 'b'", "NOT properties.a = 'x'", "properties.a IS DISTINCT FROM 'x'"),
    *("properties.a IS NOT DISTINCT FROM properties.b", "properties.a <> 'x' OR properties.a >= 'y'", "TRUE"),
    *("(properties.a < 'x') IS TRUE", "(properties.a < 'x') IS NOT FALSE", "timestamp >= '2026-03-01T00:00:00Z'"),
    "EXISTS (SELECT 1 FROM events b WHERE b.properties.a = events.properties.a)",
    "properties.a IN (SELECT b.properties.a FROM events b)",
    "CAST(properties.n AS DECIMAL) > (SELECT AVG(properties.n) FROM events)",
    *("CAST(timestamp AS DATE) = '2026-03-01'", "CAST(properties.n AS DECIMAL) NOT BETWEEN 1.5 AND 2"),
    "CAST(properties.n AS INT) IN (1, 2)",
]
NUMBERS = [
    *("CAST(properties.n AS DECIMAL) + 1", "properties.n - properties.m", "properties.n * properties.m"),
    *("properties.n / properties.m", "properties.n / 1024", "properties.n % 7", "-properties.n", "ROUND(properties.n)"),
    *("ROUND(properties.n, 2)", "CEIL(properties.n)", "FLOOR(properties.n)", "ABS(properties.n)", "SIGN(properties.n)"),
    *("LEAST(properties.n, 5)", "GREATEST(properties.n, properties.m, 0)", "CAST(properties.n AS INT)"),
    *("TRY_CAST(properties.n AS BIGINT)", "CAST(properties.n AS DECIMAL(10, 2))", "CAST(properties.n AS DOUBLE)"),
    *("CAST(properties.a = 'x' AS INT)", "LENGTH(properties.a)", "properties.deep.n", "properties.n * 0.5"),
]
AGGREGATES = [
    *("COUNT(*)", "COUNT()", "COUNT(properties.a)", "COUNT(DISTINCT properties.a)", "COUNT_IF(properties.a = 'x')"),
    *("SUM(properties.n)", "SUM(DISTINCT properties.n)", "MIN(properties.n)", "MAX(properties.n)", "AVG(properties.n)"),
    *("LATEST(properties.n)", "EARLIEST(properties.n)", "ARG_MAX(properties.n, timestamp)", "MEDIAN(properties.n)"),
    *("ARG_MIN(properties.n, properties.m)", "CAST(BOOL_AND(properties.a = 'x') AS INT)"),
    *(
        "CAST(BOOL_OR(properties.a = 'x') AS INT)",
        "QUANTILE_CONT(properties.n, 0.9)",
        "QUANTILE_DISC(properties.n, 0.9)",
    ),
    "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY properties.n)",
    "PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY properties.n)",
    *("SUM(properties.n) / COUNT(*)", "AVG(properties.n) * 2"),
    *(
        f"{call} FILTER (WHERE properties.a = 'x')"
        for call in ("SUM(properties.n)", "COUNT(*)", "LATEST(properties.n)")
    ),
]
WINDOWS = [
    *("ROW_NUMBER() OVER (ORDER BY timestamp)", "RANK() OVER (ORDER BY timestamp DESC)"),
    *("DENSE_RANK() OVER (PARTITION BY properties.a ORDER BY timestamp)", "NTILE(4) OVER (ORDER BY timestamp)"),
    *("LAG(properties.n) OVER (ORDER BY timestamp)", "LEAD(properties.n, 2, 0) OVER (ORDER BY timestamp)"),
    "FIRST_VALUE(properties.n) OVER (ORDER BY timestamp)",
    "LAST_VALUE(properties.n) OVER (PARTITION BY properties.a ORDER BY timestamp)",
    *("SUM(properties.n) OVER (ORDER BY timestamp)", "COUNT(*) OVER (PARTITION BY properties.a)"),
    "AVG(properties.n) OVER (ORDER BY timestamp ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)",
    "MAX(properties.n) OVER (ORDER BY timestamp ROWS BETWEEN CURRENT ROW AND 3 FOLLOWING)",
    "MIN(properties.n) OVER (ORDER BY timestamp ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)",
    "SUM(properties.n) OVER (ORDER BY timestamp RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)",
    "COUNT(*) FILTER (WHERE properties.a = 'x') OVER (ORDER BY timestamp NULLS LAST)",
]
QUERIES = [
    "SELECT DISTINCT properties.a AS a, COUNT(*) AS value FROM events GROUP BY a",
    "SELECT COUNT(*) AS value, properties.a FROM events GROUP BY ALL HAVING COUNT(*) > 1",
    "SELECT SUM(n) AS value FROM (SELECT properties.n AS n FROM events QUALIFY ROW_NUMBER() OVER (ORDER BY n) = 1)",
    "SELECT SUM(n) AS value FROM (SELECT properties.n AS n, timestamp AS t FROM events "
    "ORDER BY t DESC NULLS LAST, n ASC NULLS FIRST LIMIT 10 OFFSET 2)",
    "SELECT SUM(v) AS value FROM (SELECT COUNT(*) AS v FROM events UNION ALL SELECT MAX(properties.n) FROM events)",
    "SELECT COUNT(*) AS value FROM (SELECT properties.a FROM events UNION SELECT properties.b FROM events)",
    "SELECT COUNT(*) AS value FROM (SELECT properties.a FROM events EXCEPT ALL SELECT properties.b FROM events)",
    "SELECT COUNT(*) AS value FROM (SELECT properties.a FROM events INTERSECT SELECT properties.b FROM events)",
    "SELECT COUNT(*) AS value FROM events UNION ALL SELECT SUM(properties.n) FROM events",
    "WITH x AS (SELECT properties.a AS a, COUNT(*) AS n FROM events GROUP BY 1), y AS (SELECT MAX(n) AS n FROM x) "
    "SELECT n AS value FROM y",
    "WITH x AS MATERIALIZED (SELECT COUNT(*) AS n FROM events) SELECT n AS value FROM x",
    "SELECT COUNT(*) AS value FROM events CROSS JOIN (SELECT AVG(properties.n) AS m FROM events) x "
    "WHERE properties.n / 1 > m",
    *(
        f"SELECT COUNT(*) AS value FROM events a {join} JOIN events b ON a.properties.a = b.properties.b"
        for join in ("", "LEFT", "RIGHT", "FULL")
    ),
]

#: Every text above as a whole metric.
EVERY_PART = [
    *QUERIES,
    *(f"SELECT COUNT(*) AS value, {value} AS k FROM events GROUP BY k" for value in VALUES),
    *(f"SELECT COUNT(*) AS value FROM events WHERE {condition}" for condition in CONDITIONS),
    *(f"SELECT SUM({number}) AS value, MAX(properties.n) AS k FROM events" for number in NUMBERS),
    *(f"SELECT {aggregate} AS value, properties.a FROM events GROUP BY 2" for aggregate in AGGREGATES),
    *(f"SELECT SUM(x) AS value FROM (SELECT {window} AS x FROM events)" for window in WINDOWS),
]
