"""The scalar functions a metric may call: rounding, texts, dates; regular expressions are in `patterns`."""

from __future__ import annotations

from sqlglot import exp

from engine.errors import did_you_mean
from engine.metrics.expressions import Expressions, Handler
from engine.metrics.kinds import (
    TEMPORAL,
    Kind,
    KindError,
    Typed,
    as_number,
    as_text,
    as_timestamp,
    merged,
)
from engine.metrics.literals import text_literal, whole_literal

TRUNCATION_UNITS = ("second", "minute", "hour", "day", "week", "month", "quarter", "year")
_EXTRACT_UNITS = (*TRUNCATION_UNITS, "dow", "isodow", "doy", "isoyear")
_MAX_PLACES = 18


def _least(typer: Expressions, node: exp.Least | exp.Greatest) -> Typed:
    word = type(node).__name__.upper()
    values = [typer.typed(each) for each in (node.this, *node.expressions)]
    if {value.kind for value in values} <= {Kind.PROPERTY, Kind.NULL}:
        values = [as_number(value, word) for value in values]
    values, kind = merged(values, word)
    tree = type(node)(this=values[0].node, expressions=[value.node for value in values[1:]], ignore_nulls=True)
    return Typed(tree, kind)


def _abs(typer: Expressions, node: exp.Abs) -> Typed:
    value = as_number(typer.typed(node.this), "ABS")
    return Typed(exp.Abs(this=value.node), value.kind)


def _to_whole_number(typer: Expressions, node: exp.Ceil | exp.Floor | exp.Sign) -> Typed:
    value = as_number(typer.typed(node.this), type(node).__name__.upper())
    return Typed(type(node)(this=value.node), Kind.WHOLE)


def _round(typer: Expressions, node: exp.Round) -> Typed:
    value = as_number(typer.typed(node.this), "ROUND")
    places = node.args.get("decimals")
    digits = 0 if places is None else whole_literal(places, "ROUND's decimal places", 0, _MAX_PLACES)
    rounded = exp.Round(this=value.node, decimals=exp.Literal.number(digits))
    return Typed(rounded, Kind.WHOLE if digits == 0 else Kind.NUMBER)


def _text_function(typer: Expressions, node: exp.Func) -> Typed:
    """LOWER, UPPER, TRIM: text to text."""
    text = as_text(typer.typed(node.this), node.sql_names()[0])
    return Typed(type(node)(this=text.node), Kind.TEXT)


def _length(typer: Expressions, node: exp.Length) -> Typed:
    return Typed(exp.Length(this=as_text(typer.typed(node.this), "LENGTH").node), Kind.WHOLE)


def _part(typer: Expressions, node: exp.Substring | exp.Left | exp.Right) -> Typed:
    """SUBSTRING, LEFT, RIGHT with literal positions."""
    word = type(node).__name__.upper()
    text = as_text(typer.typed(node.this), word).node
    numbers = {
        name: exp.Literal.number(whole_literal(value, f"{word}'s position", 0, 100_000))
        for name, value in node.args.items()
        if name != "this" and isinstance(value, exp.Expr)
    }
    return Typed(type(node)(this=text, **numbers), Kind.TEXT)


def _replace(typer: Expressions, node: exp.Replace) -> Typed:
    source = as_text(typer.typed(node.this), "REPLACE").node
    old, new = text_literal(node.expression, "REPLACE"), text_literal(node.args["replacement"], "REPLACE")
    return Typed(exp.Replace(this=source, expression=old, replacement=new), Kind.TEXT)


def _split_part(typer: Expressions, node: exp.SplitPart) -> Typed:
    text = as_text(typer.typed(node.this), "SPLIT_PART").node
    delimiter = text_literal(node.args["delimiter"], "SPLIT_PART")
    index = exp.Literal.number(whole_literal(node.args["part_index"], "SPLIT_PART's index", 1, 1000))
    return Typed(exp.SplitPart(this=text, delimiter=delimiter, part_index=index), Kind.TEXT)


def _position(typer: Expressions, node: exp.StrPosition) -> Typed:
    text = as_text(typer.typed(node.this), "STRPOS").node
    part = as_text(typer.typed(node.args["substr"]), "STRPOS").node
    return Typed(exp.StrPosition(this=text, substr=part), Kind.WHOLE)


def _text_test(typer: Expressions, node: exp.Binary) -> Typed:
    """STARTS_WITH, ENDS_WITH, CONTAINS."""
    word = type(node).__name__.upper()
    text, part = as_text(typer.typed(node.this), word), as_text(typer.typed(node.expression), word)
    return Typed(type(node)(this=text.node, expression=part.node), Kind.BOOLEAN)


def _concat(typer: Expressions, node: exp.Concat) -> Typed:
    parts = [as_text(typer.typed(each), "CONCAT").node for each in node.expressions]
    return Typed(exp.Anonymous(this="CONCAT", expressions=parts), Kind.TEXT)


def _pipes(typer: Expressions, node: exp.DPipe) -> Typed:
    left, right = as_text(typer.typed(node.this), "||"), as_text(typer.typed(node.expression), "||")
    return Typed(exp.DPipe(this=left.node, expression=right.node), Kind.TEXT)


def _unit(node: exp.Expr | None, units: tuple[str, ...], where: str) -> str:
    name = node.name.lower() if isinstance(node, (exp.Var, exp.Literal)) else ""
    if name not in units:
        raise KindError(f"{where} needs a unit written out", did_you_mean(name, units))
    return name


def _date_trunc(typer: Expressions, node: exp.TimestampTrunc | exp.DateTrunc) -> Typed:
    unit = _unit(node.args.get("unit"), TRUNCATION_UNITS, "DATE_TRUNC")
    moment = as_timestamp(typer.typed(node.this), "DATE_TRUNC")
    # Spelled as a plain call: the parser's own class would be written differently for dates and timestamps.
    call = exp.Anonymous(this="DATE_TRUNC", expressions=[exp.Literal.string(unit), moment.node])
    return Typed(call, Kind.TIMESTAMP)


def date_part(unit: str, moment: Typed) -> Typed:
    """One calendar field of a timestamp, in UTC, as a whole number."""
    value = as_timestamp(moment, "EXTRACT")
    call = exp.Anonymous(this="DATE_PART", expressions=[exp.Literal.string(unit), value.node])
    return Typed(call, Kind.WHOLE)


def _extract(typer: Expressions, node: exp.Extract) -> Typed:
    return date_part(_unit(node.this, _EXTRACT_UNITS, "EXTRACT"), typer.typed(node.expression))


def _field(typer: Expressions, node: exp.Func) -> Typed:
    """YEAR(…), HOUR(…) and their like."""
    return date_part(type(node).__name__.lower(), typer.typed(node.this))


def _date_diff(typer: Expressions, node: exp.DateDiff) -> Typed:
    unit = _unit(node.args.get("unit"), TRUNCATION_UNITS, "DATE_DIFF")
    later, earlier = typer.typed(node.this), typer.typed(node.expression)
    moments = [as_timestamp(value, "DATE_DIFF").node for value in (earlier, later)]
    return Typed(exp.Anonymous(this="DATE_DIFF", expressions=[exp.Literal.string(unit), *moments]), Kind.WHOLE)


def _date(typer: Expressions, node: exp.Date) -> Typed:
    value = typer.typed(node.this)
    if value.kind not in TEMPORAL and value.kind is not Kind.BROKEN:
        raise KindError(f"DATE needs a timestamp; found {value.kind.value}", "use the column timestamp")
    return Typed(exp.cast(value.node, "DATE"), Kind.DATE)


def named_date_part(typer: Expressions, node: exp.Anonymous) -> Typed:
    """DATE_PART('hour', timestamp), which the parser has no class for."""
    if len(node.expressions) != 2:
        raise KindError("DATE_PART takes a unit and a timestamp", "write DATE_PART('hour', timestamp)")
    return date_part(_unit(node.expressions[0], _EXTRACT_UNITS, "DATE_PART"), typer.typed(node.expressions[1]))


HANDLERS: dict[type[exp.Expr], Handler] = {
    exp.Least: _least,
    exp.Greatest: _least,
    exp.Abs: _abs,
    **dict.fromkeys((exp.Ceil, exp.Floor, exp.Sign), _to_whole_number),
    exp.Round: _round,
    **dict.fromkeys((exp.Lower, exp.Upper, exp.Trim), _text_function),
    exp.Length: _length,
    **dict.fromkeys((exp.Substring, exp.Left, exp.Right), _part),
    exp.Replace: _replace,
    exp.SplitPart: _split_part,
    exp.StrPosition: _position,
    **dict.fromkeys((exp.StartsWith, exp.EndsWith, exp.Contains), _text_test),
    exp.Concat: _concat,
    exp.DPipe: _pipes,
    **dict.fromkeys((exp.TimestampTrunc, exp.DateTrunc), _date_trunc),
    exp.Extract: _extract,
    **dict.fromkeys((exp.Year, exp.Quarter, exp.Month, exp.Week, exp.Day, exp.Hour, exp.Minute), _field),
    exp.Second: _field,
    exp.DateDiff: _date_diff,
    exp.Date: _date,
}
