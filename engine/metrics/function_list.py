"""The functions that a metric may call, for people: what `duckbill functions` prints and error messages choose from.

What is accepted is decided by `guard.ALLOWED` and the handlers; a test holds this list to them.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import did_you_mean


@dataclass(frozen=True, slots=True)
class MetricFunction:
    """One function: how a call looks, what it gives, its other names, and whether Metronome documents it."""

    name: str
    kind: str
    example: str
    what: str
    documented: bool = False
    also: tuple[str, ...] = ()


def _listed(kind: str, *functions: tuple[str, str, str] | tuple[str, str, str, str]) -> tuple[MetricFunction, ...]:
    """Name, example and meaning, then the other names; a star at the name says that Metronome documents it."""
    return tuple(
        MetricFunction(name.rstrip("*"), kind, example, what, name.endswith("*"), tuple("".join(also).split()))
        for name, example, what, *also in functions
    )


FUNCTIONS: tuple[MetricFunction, ...] = (
    *_listed(
        "aggregate",
        ("COUNT*", "COUNT(*)", "rows; COUNT(x): those where x is not NULL; COUNT(DISTINCT x): distinct values of x"),
        ("SUM*", "SUM(properties.size)", "the exact sum; NULL when there is nothing to add"),
        ("MIN*", "MIN(properties.size)", "the smallest number, or the first text or instant"),
        ("MAX*", "MAX(properties.size)", "the largest number, or the last text or instant"),
        ("AVG*", "AVG(properties.size)", "the mean, at as many decimal places as a quotient"),
        ("LATEST*", "LATEST(properties.seats)", "the value of the last event that has one"),
        ("EARLIEST*", "EARLIEST(properties.seats)", "the value of the first event that has one"),
        ("ARG_MAX", "ARG_MAX(properties.seats, timestamp)", "the value where the second argument is largest",
         "ARGMAX MAX_BY"),
        ("ARG_MIN", "ARG_MIN(properties.seats, timestamp)", "the value where the second argument is smallest",
         "ARGMIN MIN_BY"),
        ("COUNT_IF", "COUNT_IF(properties.model = 'large')", "rows for which a condition holds", "COUNTIF"),
        ("BOOL_AND", "CAST(BOOL_AND(properties.ok = 'true') AS INT)", "whether a condition holds for all rows",
         "LOGICAL_AND"),
        ("BOOL_OR", "CAST(BOOL_OR(properties.ok = 'true') AS INT)", "whether a condition holds for any row",
         "LOGICAL_OR"),
        ("MEDIAN", "MEDIAN(properties.size)", "the middle value, between two where there is no middle one"),
        ("QUANTILE_CONT", "QUANTILE_CONT(properties.size, 0.95)", "a percentile, between two values where needed"),
        ("QUANTILE_DISC", "QUANTILE_DISC(properties.size, 0.95)", "a percentile that is one of the values", "QUANTILE"),
        ("PERCENTILE_CONT", "PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY properties.size)", "as QUANTILE_CONT"),
        ("PERCENTILE_DISC", "PERCENTILE_DISC(0.95) WITHIN GROUP (ORDER BY properties.size)", "as QUANTILE_DISC"),
    ),
    *_listed(
        "window",
        ("ROW_NUMBER", "ROW_NUMBER() OVER (ORDER BY timestamp)", "the position of the row, each once"),
        ("RANK", "RANK() OVER (ORDER BY timestamp)", "the position; equals share one and leave a gap after it"),
        ("DENSE_RANK", "DENSE_RANK() OVER (ORDER BY timestamp)", "the position; equals share one and leave no gap"),
        ("NTILE", "NTILE(4) OVER (ORDER BY timestamp)", "which of so many equal parts the row is in"),
        ("LAG", "LAG(timestamp) OVER (ORDER BY timestamp)", "the value of an earlier row: LAG(x, rows, default)"),
        ("LEAD", "LEAD(timestamp) OVER (ORDER BY timestamp)", "the value of a later row: LEAD(x, rows, default)"),
        ("FIRST_VALUE", "FIRST_VALUE(timestamp) OVER (ORDER BY timestamp)", "the value of the frame's first row"),
        ("LAST_VALUE", "LAST_VALUE(timestamp) OVER (ORDER BY timestamp)", "the value of the frame's last row"),
    ),
    *_listed(
        "number",
        ("CAST*", "CAST(properties.size AS DECIMAL)", "an exact number, a whole one (INT), a text or a DATE",
         "TRY_CAST"),
        ("ROUND*", "ROUND(CAST(properties.size AS DECIMAL), 2)", "so many decimal places, half away from zero"),
        ("CEIL*", "CEIL(CAST(properties.size AS DECIMAL))", "the next whole number upwards", "CEILING"),
        ("FLOOR*", "FLOOR(CAST(properties.size AS DECIMAL))", "the next whole number downwards"),
        ("LEAST*", "LEAST(CAST(properties.size AS DECIMAL), 5)", "the smallest argument; NULL when any is NULL"),
        ("GREATEST*", "GREATEST(CAST(properties.size AS DECIMAL), 5)", "the largest argument; NULL when any is NULL"),
        ("ABS", "ABS(CAST(properties.size AS DECIMAL))", "the number without its sign"),
        ("SIGN", "SIGN(CAST(properties.size AS DECIMAL))", "-1, 0 or 1", "SIGNUM"),
        ("MOD", "MOD(CAST(properties.size AS DECIMAL), 7)", "the remainder of a division, as %"),
    ),
    *_listed(
        "choice",
        ("COALESCE", "COALESCE(CAST(properties.size AS DECIMAL), 0)", "the first argument that is not NULL",
         "IFNULL NVL"),
        ("NULLIF", "NULLIF(properties.model, 'none')", "the first argument; NULL where both are equal"),
        ("IF", "IF(properties.model = 'large', 2, 1)", "one of two values, by a condition; as CASE WHEN", "IIF"),
    ),
    *_listed(
        "text",
        ("LOWER", "LOWER(properties.model)", "in small letters", "LCASE"),
        ("UPPER", "UPPER(properties.model)", "in capitals", "UCASE"),
        ("TRIM", "TRIM(properties.model)", "without spaces at both ends"),
        ("LENGTH", "LENGTH(properties.model)", "how many characters", "LEN CHAR_LENGTH CHARACTER_LENGTH"),
        ("SUBSTRING", "SUBSTRING(properties.model, 1, 3)", "from a position, counted from 1, so many characters",
         "SUBSTR"),
        ("LEFT", "LEFT(properties.model, 3)", "the first characters"),
        ("RIGHT", "RIGHT(properties.model, 3)", "the last characters"),
        ("REPLACE", "REPLACE(properties.model, '-', '_')", "with one text in place of another"),
        ("SPLIT_PART", "SPLIT_PART(properties.model, '-', 1)", "one part of a text cut at a separator"),
        ("STRPOS", "STRPOS(properties.model, '-')", "where a text begins in another, from 1; 0 when it does not",
         "INSTR STR_POSITION"),
        ("CONCAT", "CONCAT(properties.model, '-', event_type)", "texts one after the other; NULL counts as empty"),
        ("STARTS_WITH", "STARTS_WITH(properties.model, 'gpt')", "whether a text begins so", "STARTSWITH"),
        ("ENDS_WITH", "ENDS_WITH(properties.model, 'mini')", "whether a text ends so", "ENDSWITH"),
        ("CONTAINS", "CONTAINS(properties.model, '4')", "whether a text is somewhere inside"),
        ("REGEXP_MATCHES", "REGEXP_MATCHES(properties.model, '^gpt-[0-9]')", "whether a pattern is found",
         "REGEXP_LIKE"),
        ("REGEXP_EXTRACT", "REGEXP_EXTRACT(properties.model, '^([a-z]+)-', 1)",
         "what a pattern, or a group of it, found"),
        ("REGEXP_REPLACE", "REGEXP_REPLACE(properties.model, '[0-9]+', '#', 'g')",
         "with something in place of a pattern"),
    ),
    *_listed(
        "date",
        ("DATE_TRUNC*", "DATE_TRUNC('day', timestamp)", "the beginning of the hour, day, month … in UTC", "DATETRUNC"),
        ("EXTRACT", "EXTRACT(hour FROM timestamp)", "one field of an instant, in UTC"),
        ("DATE_PART", "DATE_PART('hour', timestamp)", "as EXTRACT"),
        ("DATE_DIFF", "DATE_DIFF('minute', timestamp, timestamp + INTERVAL 1 DAY)",
         "how many units begin between two instants", "DATEDIFF"),
        ("DATE", "DATE(timestamp)", "the day in UTC"),
        ("YEAR", "YEAR(timestamp)", "the year"),
        ("QUARTER", "QUARTER(timestamp)", "the quarter, 1 to 4"),
        ("MONTH", "MONTH(timestamp)", "the month, 1 to 12"),
        ("WEEK", "WEEK(timestamp)", "the ISO week of the year"),
        ("DAY", "DAY(timestamp)", "the day of the month"),
        ("HOUR", "HOUR(timestamp)", "the hour, 0 to 23"),
        ("MINUTE", "MINUTE(timestamp)", "the minute"),
        ("SECOND", "SECOND(timestamp)", "the second, without its fraction"),
    ),
)  # fmt: skip

#: Every name that can be called.
NAMES: frozenset[str] = frozenset(name for each in FUNCTIONS for name in (each.name, *each.also))


#: Where an author reads the whole list.
LISTING = "`duckbill functions` lists all that a metric may use"


def nearest_function(name: str) -> str:
    """A remedy for a name that is no function: the one meant, when one is near, and where all are listed."""
    near = did_you_mean(name.upper(), NAMES)
    return f"{near} {LISTING}" if near.startswith("did you mean") else LISTING
