"""Which parts of SQL a metric may use: an allow-list of node classes and of their arguments.

Anything absent from `ALLOWED` is refused, whatever the parser may learn to read later (`spec/reliability.md`
§3.3). Names, kinds and aggregation are checked afterwards, in `selects` and `expressions`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from typing import ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.parsers.duckdb import DuckDBParser
from sqlglot.tokenizer_core import Token, TokenType

from engine.errors import CatalogError, Problem
from engine.metrics.bounds import beyond_bounds, overlong_intervals, too_large
from engine.metrics.refusals import reads_elsewhere, refused, refused_argument, refused_statement, says_it_all
from engine.metrics.text import MetricText, caret

__all__ = ["ALLOWED", "Places", "caret", "guarded"]

_BINARY = frozenset({"this", "expression"})
_ONE = frozenset({"this"})
_LIST = frozenset({"this", "expressions"})
_QUERY = frozenset({"with_", "order", "limit", "offset"})

#: Node class -> the arguments that may be set on it. Arguments the parser sets on its own are in `_INERT`.
ALLOWED: dict[type[exp.Expr], frozenset[str]] = {
    exp.Select: _QUERY | {"expressions", "from_", "joins", "where", "group", "having", "qualify", "distinct"},
    exp.Union: _QUERY | _BINARY | {"distinct"},
    exp.Except: _QUERY | _BINARY | {"distinct"},
    exp.Intersect: _QUERY | _BINARY | {"distinct"},
    exp.With: frozenset({"expressions"}),
    exp.CTE: frozenset({"this", "alias"}),
    exp.TableAlias: _ONE,
    exp.Subquery: frozenset({"this", "alias"}),
    exp.From: _ONE,
    exp.Table: frozenset({"this", "alias"}),
    exp.Join: frozenset({"this", "on", "side", "kind", "method"}),
    exp.Where: _ONE,
    exp.Group: frozenset({"expressions", "all"}),
    exp.Having: _ONE,
    exp.Qualify: _ONE,
    exp.Distinct: frozenset({"expressions"}),
    exp.Order: frozenset({"expressions"}),
    exp.Ordered: frozenset({"this", "desc", "nulls_first"}),
    exp.Limit: frozenset({"expression"}),
    exp.Offset: frozenset({"expression"}),
    exp.Alias: frozenset({"this", "alias"}),
    exp.Identifier: frozenset({"this", "quoted"}),
    exp.Column: frozenset({"this", "table", "db", "catalog"}),
    exp.Dot: _BINARY,
    exp.Bracket: _LIST,
    exp.Star: frozenset(),
    exp.Literal: frozenset({"this", "is_string"}),
    exp.Boolean: _ONE,
    exp.Null: frozenset(),
    exp.Paren: _ONE,
    exp.Var: _ONE,
    exp.Interval: frozenset({"this", "unit"}),
    exp.DataType: frozenset({"this", "expressions"}),
    exp.DataTypeParam: _ONE,
    exp.Cast: frozenset({"this", "to"}),
    exp.TryCast: frozenset({"this", "to"}),
    **dict.fromkeys((exp.And, exp.Or, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE), _BINARY),
    **dict.fromkeys((exp.NullSafeEQ, exp.NullSafeNEQ, exp.Is, exp.Like, exp.ILike), _BINARY),
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.Mod, exp.DPipe), _BINARY),
    exp.Div: _BINARY,
    **dict.fromkeys((exp.Not, exp.Neg, exp.Exists), _ONE),
    exp.Between: frozenset({"this", "low", "high"}),
    exp.In: frozenset({"this", "expressions", "query"}),
    exp.Case: frozenset({"this", "ifs", "default"}),
    exp.If: frozenset({"this", "true", "false"}),
    exp.Coalesce: _LIST,
    exp.Nullif: _BINARY,
    exp.Least: _LIST,
    exp.Greatest: _LIST,
    **dict.fromkeys((exp.Abs, exp.Sign, exp.Ceil, exp.Floor), _ONE),
    exp.Round: frozenset({"this", "decimals"}),
    **dict.fromkeys((exp.Lower, exp.Upper, exp.Length, exp.Trim), _ONE),
    exp.Substring: frozenset({"this", "start", "length"}),
    exp.Replace: frozenset({"this", "expression", "replacement"}),
    exp.SplitPart: frozenset({"this", "delimiter", "part_index"}),
    exp.StrPosition: frozenset({"this", "substr"}),
    exp.Concat: frozenset({"expressions"}),
    **dict.fromkeys((exp.Left, exp.Right, exp.StartsWith, exp.EndsWith, exp.Contains), _BINARY),
    exp.RegexpLike: _BINARY,
    exp.RegexpExtract: frozenset({"this", "expression", "group"}),
    exp.RegexpReplace: frozenset({"this", "expression", "replacement", "modifiers"}),
    exp.TimestampTrunc: frozenset({"this", "unit"}),
    exp.DateTrunc: frozenset({"this", "unit"}),
    exp.Extract: _BINARY,
    exp.DateDiff: frozenset({"this", "expression", "unit"}),
    **dict.fromkeys((exp.Year, exp.Quarter, exp.Month, exp.Week, exp.Day, exp.Hour, exp.Minute), _ONE),
    exp.Second: _ONE,
    exp.Date: _ONE,
    exp.Count: _ONE,
    exp.CountIf: _ONE,
    **dict.fromkeys((exp.Sum, exp.Min, exp.Max, exp.Avg, exp.Median), _ONE),
    exp.ArgMax: _BINARY,
    exp.ArgMin: _BINARY,
    exp.PercentileCont: _BINARY,
    exp.PercentileDisc: _BINARY,
    exp.Quantile: frozenset({"this", "quantile"}),
    exp.WithinGroup: _BINARY,
    exp.LogicalAnd: _ONE,
    exp.LogicalOr: _ONE,
    exp.Filter: _BINARY,
    exp.Window: frozenset({"this", "partition_by", "order", "spec", "over"}),
    exp.WindowSpec: frozenset({"kind", "start", "start_side", "end", "end_side"}),
    **dict.fromkeys((exp.RowNumber, exp.Rank, exp.DenseRank), frozenset()),
    exp.Ntile: _ONE,
    exp.Lag: frozenset({"this", "offset", "default"}),
    exp.Lead: frozenset({"this", "offset", "default"}),
    exp.FirstValue: _ONE,
    exp.LastValue: _ONE,
    # Functions the parser has no class for; `functions.NAMED` lists the few names that are known.
    exp.Anonymous: _LIST,
}

#: Set by the parser to describe the dialect; they change nothing that the regenerated query says.
_INERT = frozenset(
    {"safe", "typed", "big_int", "coalesce", "ignore_nulls", "null_if_pos_overflow", "single_replace", "nested"}
    | {"date_part_boundary", "materialized"}
)

#: Words for nodes whose class name says little to an analyst.
_WORDS = {
    "TableSample": "sampling",
    "Placeholder": "a parameter",
    "Parameter": "a parameter",
    "Command": "this statement",
    "SimilarTo": "SIMILAR TO",
    "JSONExtract": "->",
    "JSONExtractScalar": "->>",
    "Lambda": "->",
    "Pow": "**",
    "IntDiv": "//",
    "IgnoreNulls": "IGNORE NULLS",
    "Tuple": "a list in parentheses",
}
_KEYWORDS: dict[str, frozenset[str]] = {
    "Join": frozenset({"JOIN", ","}),
    "Limit": frozenset({"LIMIT"}),
    "Count": frozenset({"COUNT"}),
    "In": frozenset({"IN"}),
    "Case": frozenset({"CASE"}),
    "Select": frozenset({"SELECT"}),
    "Subquery": frozenset({"("}),
    "Cast": frozenset({"CAST"}),
    "With": frozenset({"WITH"}),
    "Group": frozenset({"GROUP BY"}),
    "Having": frozenset({"HAVING"}),
    "Qualify": frozenset({"QUALIFY"}),
    "Order": frozenset({"ORDER BY"}),
    "Offset": frozenset({"OFFSET"}),
    "Pivot": frozenset({"PIVOT", "UNPIVOT"}),
    "GroupConcat": frozenset({"STRING_AGG", "LISTAGG"}),
    "PercentileCont": frozenset({"QUANTILE_CONT"}),
    "PercentileDisc": frozenset({"QUANTILE_DISC"}),
}


#: The parser's words for a call with too few arguments, and the name in them.
_LACKS = re.compile(r"Required keyword: '\w+' missing for <class '[\w.]*?(\w+)'>")


class MetricDialect(DuckDB):
    """DuckDB's SQL, without its habit of reading a bare DECIMAL as DECIMAL(18, 3), which would round."""

    class Parser(DuckDBParser):
        TYPE_CONVERTERS: ClassVar[dict[exp.DType, Callable[[exp.DataType], exp.DataType]]] = {}


class Places:
    """Where each node of a parsed metric stands in its file."""

    def __init__(self, text: MetricText, tokens: list[Token]) -> None:
        self.text = text
        self.tokens = tokens

    def problem(self, node: exp.Expr, what: str, remedy: str = "") -> Problem:
        return self.text.problem(self.offset(node), what, remedy)

    def shown(self, node: exp.Expr) -> str:
        """What to call a node in a message: a function as the metric spells it, another part by its kind."""
        word = _WORDS.get(type(node).__name__, type(node).__name__.upper())
        if not isinstance(node, exp.Func):
            return word
        start = self.offset(node)
        at = next((index for index, token in enumerate(self.tokens) if token.start == start), len(self.tokens))
        written = [token.text for token in self.tokens[at : at + 2]]
        return f"{written[0]}(…)" if written[1:] == ["("] and written[0].isidentifier() else word

    def offset(self, node: exp.Expr) -> int:
        """The offset at which `node` begins: at its own name where it has one, else at its first known part."""
        first = _first_offset(node)
        if "start" in node.meta:
            return int(node.meta["start"])
        if isinstance(node, (exp.Window, exp.Filter, exp.Ordered, exp.Alias)) and isinstance(node.this, exp.Expr):
            inner = node.this
            if first is not None and (isinstance(inner, exp.Func) or _first_offset(inner) is not None):
                return min(first, self.offset(inner))
        words = _KEYWORDS.get(type(node).__name__, frozenset())
        if isinstance(node, exp.Func):
            words = words | {type(node).__name__.upper(), *(name.upper() for name in node.sql_names())}
        if isinstance(node, exp.Interval):
            literals = zip(self.tokens, self.tokens[1:], strict=False)
            written = [t.start for t, n in literals if t.text.upper() == "INTERVAL" and n.text.startswith(node.name)]
            return next(iter(written), len(self.text.sql))
        before = [t.start for t in self.tokens if t.text.upper() in words and (first is None or t.start < first)]
        if before:
            return before[0] if first is None else before[-1]
        around = node.parent
        while first is None and around is not None:
            first, around = _first_offset(around), around.parent
        return len(self.text.sql) if first is None else first


def _first_offset(node: exp.Expr) -> int | None:
    return min((int(part.meta["start"]) for part in node.walk() if "start" in part.meta), default=None)


def guarded(text: MetricText) -> tuple[exp.Query, Places]:
    """Parse the text of a metric into one query made only of listed nodes, or raise CatalogError."""
    tokens = _tokens(text)
    if not tokens:
        raise CatalogError([text.problem(0, "the metric is empty", "write SELECT COUNT(*) AS value FROM events")])
    opening = next((token for token in tokens if token.text != "("), tokens[0])
    if opening.text.upper() not in ("SELECT", "WITH"):
        raise CatalogError([text.problem(opening.start, *refused_statement(opening.text))])
    end = next((i for i, token in enumerate(tokens) if token.token_type is TokenType.SEMICOLON), None)
    if end is not None and end + 1 < len(tokens):
        what = "a metric is one statement; found text after the semicolon"
        raise CatalogError([text.problem(tokens[end + 1].start, what, "put each metric in its own file")])
    places = Places(text, tokens)
    tree = _parse(text, tokens)
    if not isinstance(tree, (exp.Select, exp.Union, exp.Except, exp.Intersect)):
        what = f"a metric is one SELECT; found {type(tree).__name__.upper()}"
        raise CatalogError([text.problem(tokens[0].start, what, "start with SELECT")])
    problems = list(_off_list(tree, places))
    if problems:
        raise CatalogError(dict.fromkeys(problems))
    return tree, places


def _tokens(text: MetricText) -> list[Token]:
    try:
        return list(MetricDialect().tokenize(text.sql))
    except (SqlglotError, ValueError, RecursionError) as error:
        what = "this text cannot be read as SQL"
        raise CatalogError([text.problem(0, what, "check quotes and brackets")]) from error


def _parse(text: MetricText, tokens: list[Token]) -> exp.Expr:
    logger = logging.getLogger("sqlglot")
    level = logger.level
    # The parser warns about what it cannot read and goes on; the allow-list refuses it with a better message.
    logger.setLevel(logging.CRITICAL)
    try:
        trees = sqlglot.parse(text.sql, read=MetricDialect)
    except ParseError as error:
        raise CatalogError(_syntax(text, error)) from error
    except Exception as error:  # any failure of the parser is a refusal: mutated texts raise many kinds
        what = "this text cannot be read as SQL"
        raise CatalogError([text.problem(tokens[0].start, what, "check the syntax")]) from error
    finally:
        logger.setLevel(level)
    tree = trees[0] if trees else None
    while isinstance(tree, exp.Subquery) and not tree.args.get("alias"):
        tree = tree.this
    if not isinstance(tree, exp.Expr):
        raise CatalogError([text.problem(0, "the metric is empty", "write SELECT COUNT(*) AS value FROM events")])
    _spell_out_not_like(tree)
    return tree


def _spell_out_not_like(tree: exp.Expr) -> None:
    """Turn the parser's one node for NOT LIKE into NOT over LIKE, as it does itself for NOT IN and NOT BETWEEN."""
    for node in list(tree.find_all(exp.Like, exp.ILike)):
        if node.args.get("negate"):
            node.set("negate", None)
            node.replace(exp.Not(this=node.copy()))


def _syntax(text: MetricText, error: ParseError) -> Iterator[Problem]:
    for entry in error.errors:
        line, column, found = entry.get("line"), entry.get("col"), entry.get("highlight") or ""
        said = _LACKS.sub(
            lambda found: f"{found[1].upper()} lacks an argument",
            (entry.get("description") or "syntax error").rstrip("."),
        )
        what = f"this is not valid SQL: {said}"
        offset = 0
        if line and column:
            lines = text.sql.split("\n")
            offset = sum(len(each) + 1 for each in lines[: line - 1]) + max(column - max(len(found), 1), 0)
        yield text.problem(offset, what, f"look at {found!r} and just before it" if found.strip() else "")


def _off_list(tree: exp.Query, places: Places) -> Iterator[Problem]:
    for count, node in enumerate(tree.walk(prune=says_it_all)):
        if too_large(count, node):
            yield places.problem(tree, "the metric is too long", "move lists of values into event properties")
            return
        allowed = ALLOWED.get(type(node))
        if allowed is None:
            # The parser puts it around some functions by itself; then that function is what is off the list.
            inner = node.this if isinstance(node, exp.IgnoreNulls) else None
            if not isinstance(inner, exp.Expr) or type(inner) in ALLOWED:
                yield places.problem(node, *refused(node, places.shown(node)))
            continue
        if reads_elsewhere(node):
            yield places.problem(node, *refused(node, places.shown(node)))
        for name, value in node.args.items():
            if value and name not in allowed and name not in _INERT and not _is_pivot(value):
                yield places.problem(node, *refused_argument(node, name))
        for what, remedy in beyond_bounds(node):
            yield places.problem(node, what, remedy)
    for interval, what, remedy in overlong_intervals(tree):
        yield places.problem(interval, what, remedy)


def _is_pivot(value: object) -> bool:
    """A pivot is a node of its own, about which more is said."""
    return isinstance(value, list) and all(isinstance(each, exp.Pivot) for each in value)
