"""What a metric's author is told of a part that no metric may use: its name, and what to write instead."""

from __future__ import annotations

from sqlglot import exp

from engine.metrics.function_list import LISTING, nearest_function

#: Node class -> what to write instead.
_INSTEAD: dict[str, str] = {
    "Star": "name the columns you need",
    "TableSample": "a bill reads every event; delete the sampling",
    "Lateral": "join a sub-query instead",
    "Placeholder": "write the value itself",
    "Parameter": "write the value itself",
    "Array": "use IN (…) or CASE",
    "AnyValue": "use LATEST, EARLIEST, MIN or MAX",
    "First": "use EARLIEST",
    "Last": "use LATEST",
    "ApproxDistinct": "use COUNT(DISTINCT …), which is exact",
    "GroupConcat": "a metric yields a number; group by the text instead",
    "ArrayAgg": "a metric yields a number; count or add up instead",
    "IntDiv": "use FLOOR(a / b)",
    "Values": "use CASE to map values",
    "Pow": "multiply instead: a * a",
    "Trunc": "use FLOOR, CEIL or ROUND",
    "DateAdd": "write timestamp + INTERVAL 1 DAY",
    "DateSub": "write timestamp - INTERVAL 1 DAY",
    "TimeToStr": "use EXTRACT, DATE_TRUNC or CAST(… AS VARCHAR)",
    "DayOfWeek": "write EXTRACT(dow FROM timestamp)",
    "DayOfYear": "write EXTRACT(doy FROM timestamp)",
    "TimeToUnix": "write DATE_DIFF('second', '1970-01-01', timestamp)",
    "CurrentTimestamp": "a bill must not depend on when it runs; the period is applied for you",
    "CurrentDate": "a bill must not depend on when it runs; the period is applied for you",
    "Rand": "a bill must give the same result each time",
    "Into": "a metric is one SELECT that writes nothing",
}
#: Argument of a node -> what to say of it, and what to write instead.
_ARGUMENTS: dict[str, tuple[str, str]] = {
    "recursive": ("WITH RECURSIVE is not supported", "unroll the steps with WITH … AS (…)"),
    "using": ("USING (…) is not supported", "write ON a.x = b.x"),
    "db": ("a table name has one part", "write FROM events"),
    "into": ("SELECT … INTO is not supported", "a metric is one SELECT that writes nothing"),
    "sample": ("sampling is not supported", "a bill reads every event"),
    "windows": ("the WINDOW clause is not supported", "write OVER (…) at each function"),
    "on": ("DISTINCT ON is not supported", "use QUALIFY ROW_NUMBER() OVER (… ORDER BY …) = 1"),
    "columns": ("a list of column names after an alias is not supported", "name them with AS in the SELECT"),
    "by_name": ("BY NAME is not supported", "list the columns in the same order on both sides"),
    "limit_options": ("LIMIT takes a whole number of rows", "write LIMIT 10"),
}
#: Statements that are no SELECT, by their first word, and how a metric says the same.
_STATEMENTS = {
    "PIVOT": "start with SELECT, and write SUM(CASE WHEN … THEN … END) for each column",
    "UNPIVOT": "start with SELECT, and join one SELECT for each column with UNION ALL",
}
_ARROWS = (exp.JSONExtract, exp.JSONExtractScalar, exp.Lambda)
_PROPERTY = "write properties.name, or properties.a.b for a value inside JSON"


def refused(node: exp.Expr, shown: str) -> tuple[str, str]:
    """What is said of a node that is off the list, and its remedy; `shown` is what its author calls it."""
    if reads_elsewhere(node):
        return f"a metric reads one table, events, and not {shown}", "write FROM events"
    if isinstance(node, _ARROWS) and not shown.endswith("(…)"):
        return f"{shown} is not supported in a metric", _PROPERTY
    if isinstance(node, exp.Pivot):
        if node.args.get("unpivot"):
            return "UNPIVOT is not supported in a metric", "join one SELECT for each column with UNION ALL"
        return "PIVOT is not supported in a metric", "write SUM(CASE WHEN … THEN … END) for each column"
    instead = _INSTEAD.get(type(node).__name__, "")
    if not instead and isinstance(node, exp.Anonymous):
        instead = nearest_function(str(node.this))
    return f"{shown} is not supported in a metric", instead or LISTING


def refused_argument(node: exp.Expr, name: str) -> tuple[str, str]:
    """What is said of an argument that may not be set on a node, and its remedy."""
    if isinstance(node, exp.Table) and name == "catalog":
        name = "db"
    return _ARGUMENTS.get(name, (f"{name.strip('_').upper()} is not supported here", "delete it"))


def refused_statement(word: str) -> tuple[str, str]:
    """What is said of a text that begins with another word than SELECT or WITH, and its remedy."""
    remedy = _STATEMENTS.get(word.upper(), "start with SELECT or WITH … AS (…) SELECT")
    return f"a metric is one SELECT; found {word[:40]!r}", remedy


def reads_elsewhere(node: exp.Expr) -> bool:
    """Whether a node stands in FROM for a table function: read_csv(…), generate_series(…), unnest(…)."""
    if isinstance(node.parent, exp.Table):
        return isinstance(node, exp.Func) and node.arg_key == "this"
    return isinstance(node, exp.Unnest) and isinstance(node.parent, (exp.From, exp.Join))


def says_it_all(node: exp.Expr) -> bool:
    """Whether nothing is to be said of the parts of a node that is off the list."""
    return reads_elsewhere(node) or isinstance(node, (*_ARROWS, exp.Pivot))
