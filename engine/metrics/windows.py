"""Window functions, with the tie-breakers that make their result the same on every run."""

from __future__ import annotations

from sqlglot import exp

from engine.metrics import placeholders
from engine.metrics.aggregates import TOTAL_ORDER
from engine.metrics.expressions import Expressions, Handler
from engine.metrics.kinds import Kind, KindError, Typed, as_number, merged
from engine.metrics.literals import whole_literal

_BY_POSITION = (exp.RowNumber, exp.Ntile, exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue)
_RANKS = (exp.Rank, exp.DenseRank)
_FOLDED = (exp.Count, exp.CountIf, exp.Sum, exp.Min, exp.Max, exp.Avg, exp.LogicalAnd, exp.LogicalOr, exp.Filter)
_EDGES = frozenset({"UNBOUNDED", "CURRENT ROW"})


def _window(typer: Expressions, node: exp.Window) -> Typed:
    if typer.no_windows is not None:
        raise KindError(
            f"a window function cannot stand {typer.no_windows}", "compute it in a sub-query, or use QUALIFY"
        )
    function = node.this
    with typer.within(windows="inside another window function"):
        partition = [typer.typed(each).node for each in node.args.get("partition_by") or []]
        order = node.args.get("order")
        ordered = [_ordered(typer, each) for each in (order.expressions if order else [])]
        value = _function(typer, function)
    frame = _frame(node.args.get("spec"), ordered)
    by_position = isinstance(function, _BY_POSITION)
    if by_position and not ordered:
        raise KindError(
            f"{function.sql_names()[0]} needs an ORDER BY in its OVER (…)", "write OVER (ORDER BY timestamp)"
        )
    by_rows = frame is not None and frame.args["kind"] == "ROWS"
    if by_rows and not ordered:
        raise KindError("ROWS needs an ORDER BY in its OVER (…)", "write OVER (ORDER BY timestamp ROWS …)")
    if by_position and frame is not None and not by_rows:
        raise KindError("RANGE cannot be used with this function", "use ROWS")

    def over(inner: exp.Expr) -> exp.Expr:
        arguments = {"partition_by": [each.copy() for each in partition]} if partition else {}
        window = exp.Window(
            this=inner,
            order=exp.Order(expressions=[each.copy() for each in ordered]) if ordered else None,
            spec=frame.copy() if frame is not None else None,
            over="OVER",
            **arguments,
        )
        if by_position or by_rows:
            window.meta[TOTAL_ORDER] = True
        return window

    if isinstance(value.node, exp.Anonymous) and value.node.this == placeholders.EXACT_DIVIDE:
        total, count = value.node.expressions
        windowed = over(count.args["ifs"][0].args["true"])
        test = exp.GT(this=windowed, expression=exp.Literal.number(0))
        divisor = exp.Case(ifs=[exp.If(this=test, true=windowed.copy())])
        return Typed(placeholders.exact_divide(over(total), divisor), Kind.NUMBER)
    return Typed(over(value.node), value.kind)


def _ordered(typer: Expressions, node: exp.Ordered) -> exp.Ordered:
    value = typer.typed(node.this)
    if isinstance(node.this, exp.Literal):
        raise KindError("OVER (ORDER BY …) takes an expression, not a position", "name the column")
    return exp.Ordered(
        this=value.node, desc=bool(node.args.get("desc")), nulls_first=bool(node.args.get("nulls_first"))
    )


def _function(typer: Expressions, node: exp.Expr) -> Typed:
    if isinstance(node, (exp.RowNumber, *_RANKS)):
        return Typed(type(node)(), Kind.WHOLE)
    if isinstance(node, exp.Ntile):
        return Typed(exp.Ntile(this=exp.Literal.number(whole_literal(node.this, "NTILE", 1, 100_000))), Kind.WHOLE)
    if isinstance(node, (exp.FirstValue, exp.LastValue)):
        value = typer.typed(node.this)
        return Typed(type(node)(this=value.node), value.kind)
    if isinstance(node, (exp.Lag, exp.Lead)):
        return _shifted(typer, node)
    if isinstance(node, _FOLDED):
        folded = node.this if isinstance(node, exp.Filter) else node
        if isinstance(folded, _FOLDED) and not isinstance(folded.this, exp.Distinct):
            with_aggregates = typer.no_aggregates
            typer.no_aggregates = None
            try:
                return typer.typed(node)
            finally:
                typer.no_aggregates = with_aggregates
    raise KindError(
        "this function cannot be used with OVER (…)", "use SUM, COUNT, MIN, MAX, AVG, ROW_NUMBER, RANK, LAG or LEAD"
    )


def _shifted(typer: Expressions, node: exp.Lag | exp.Lead) -> Typed:
    value, default = typer.typed(node.this), node.args.get("default")
    distance = node.args.get("offset")
    rows = 1 if distance is None else whole_literal(distance, "the distance in rows", 0, 100_000)
    arguments: dict[str, exp.Expr] = {"offset": exp.Literal.number(rows)}
    kind = value.kind
    if default is not None:
        if value.kind is Kind.PROPERTY:
            value = as_number(value, "LAG") if not default.is_string else value
        (value, other), kind = merged([value, typer.typed(default)], type(node).__name__.upper())
        arguments["default"] = other.node
    return Typed(type(node)(this=value.node, **arguments), kind)


def _frame(spec: exp.WindowSpec | None, ordered: list[exp.Ordered]) -> exp.WindowSpec | None:
    if spec is None:
        return None
    kind = spec.args.get("kind")
    if kind not in ("ROWS", "RANGE"):
        raise KindError(f"{kind} is not supported in OVER (…)", "use ROWS or RANGE")
    arguments: dict[str, object] = {"kind": kind}
    for side in ("start", "end"):
        edge = spec.args.get(side)
        if (isinstance(edge, str) and edge in _EDGES) or edge is None:
            arguments[side] = edge
        elif kind == "ROWS":
            arguments[side] = exp.Literal.number(whole_literal(edge, "the frame", 0, 1_000_000))
        else:
            raise KindError("RANGE takes UNBOUNDED or CURRENT ROW", "use ROWS for a distance")
        arguments[f"{side}_side"] = spec.args.get(f"{side}_side")
    return exp.WindowSpec(**arguments)


def _alone(typer: Expressions, node: exp.Func) -> Typed:
    raise KindError(f"{node.sql_names()[0]} needs OVER (…)", "write ROW_NUMBER() OVER (ORDER BY timestamp)")


WINDOW_HANDLERS: dict[type[exp.Expr], Handler] = {
    exp.Window: _window,
    **dict.fromkeys((*_BY_POSITION, *_RANKS), _alone),
}
