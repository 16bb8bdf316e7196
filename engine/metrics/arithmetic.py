"""How each ordinary node of a query is lowered: operators, CASE, comparisons, aggregates, windows."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from engine.metrics.digits import Digits, Lowered, as_decimal, common_digits, common_profile, united
from engine.metrics.divisors import never_zero, without_own_errors
from engine.metrics.extremes import lower_extreme
from engine.metrics.lowering import LoweringHandler, SelectLowering, is_inner


def _column(of: SelectLowering, node: exp.Column) -> Lowered:
    known = of.relations.get(node.table, {}).get(node.name.lower())
    return Lowered(node) if known is None else replace(known, node=node)


def _literal(of: SelectLowering, node: exp.Literal) -> Lowered:
    return Lowered(node) if node.is_string else of.form.literal(node.name)


def _paren(of: SelectLowering, node: exp.Paren) -> Lowered:
    inner = of.expression(node.this)
    return replace(inner, node=exp.paren(inner.node, copy=False))


def _sum_of(of: SelectLowering, node: exp.Add | exp.Sub) -> Lowered:
    sides = [of.expression(node.this), of.expression(node.expression)]
    if sides[0].digits is None or sides[1].digits is None:
        return Lowered(type(node)(this=sides[0].node, expression=sides[1].node))
    first, second = sides[0].digits, sides[1].digits
    scale = max(first.scale, second.scale)
    digits = Digits(max(first.integer, second.integer) + 1, scale, proven=first.proven and second.proven)
    left, right = (of.form.at_scale(side, scale) for side in sides)
    return Lowered(type(node)(this=left, expression=right), of.form.bounded(digits))


def _product(of: SelectLowering, node: exp.Mul) -> Lowered:
    left, right = of.expression(node.this), of.expression(node.expression)
    if left.digits is None or right.digits is None:
        return Lowered(exp.Mul(this=left.node, expression=right.node))
    proven = left.digits.proven and right.digits.proven
    digits = Digits(left.digits.integer + right.digits.integer, left.digits.scale + right.digits.scale, proven=proven)
    return Lowered(exp.Mul(this=as_decimal(left), expression=as_decimal(right)), digits.bounded())


def _remainder(of: SelectLowering, node: exp.Mod) -> Lowered:
    macro = "SAFE_REMAINDER" if never_zero(node.expression) else "WHOLE_REMAINDER"
    sides, digits = united(of.form, [of.expression(node.this), of.expression(node.expression)])
    return Lowered(exp.Anonymous(this=macro, expressions=sides), digits)


def _same_digits(of: SelectLowering, node: exp.Expr) -> Lowered:
    """Neg, Abs, Min, Max, FirstValue and the rest that give one of the numbers they take."""
    inner = of.expression(node.this)
    node.set("this", inner.node)
    for name in ("expression", "expressions"):
        value = node.args.get(name)
        if isinstance(value, exp.Expr) and is_inner(value):
            node.set(name, of.expression(value).node)
    return Lowered(node, inner.digits, inner.profile)


def _whole(of: SelectLowering, node: exp.Expr) -> Lowered:
    """Ceil, Floor: a decimal without places."""
    inner = of.expression(node.this)
    if inner.digits is None or inner.digits.whole_type:
        return inner
    node.set("this", inner.node)
    return Lowered(node, replace(inner.digits, integer=inner.digits.integer + 1, scale=0).bounded())


def _round(of: SelectLowering, node: exp.Round) -> Lowered:
    inner = of.expression(node.this)
    places = int(node.args["decimals"].name)
    if inner.digits is None or inner.digits.scale <= places:
        return inner
    rounded = exp.Round(this=inner.node, decimals=exp.Literal.number(places))
    return Lowered(rounded, replace(inner.digits, integer=inner.digits.integer + 1, scale=places).bounded())


def _sign(of: SelectLowering, node: exp.Sign) -> Lowered:
    node.set("this", of.expression(node.this).node)
    return Lowered(node, Digits(1, whole_type=True))


def _case(of: SelectLowering, node: exp.Case) -> Lowered:
    tests = [of.expression(branch.this).node for branch in node.args["ifs"]]
    default = node.args.get("default")
    written = [branch.args["true"] for branch in node.args["ifs"]] + ([default] if default is not None else [])
    values = [of.expression(each) for each in written]
    results, digits = united(of.form, values)
    branches = [exp.If(this=test, true=result) for test, result in zip(tests, results, strict=False)]
    profile = common_profile(values)
    case = exp.Case(ifs=branches, default=results[-1] if default is not None else None)
    return Lowered(case, digits, profile)


def _choice(of: SelectLowering, node: exp.Coalesce) -> Lowered:
    values = [of.expression(each) for each in (node.this, *node.expressions)]
    results, digits = united(of.form, values)
    node.set("this", results[0])
    node.set("expressions", results[1:])
    return Lowered(node, digits, common_profile(values))


def _comparison(of: SelectLowering, node: exp.Binary) -> Lowered:
    (left, right), _ = united(of.form, [of.expression(node.this), of.expression(node.expression)])
    return Lowered(type(node)(this=left, expression=right))


def _in(of: SelectLowering, node: exp.In) -> Lowered:
    value = of.expression(node.this)
    query = node.args.get("query")
    if query is not None:
        columns, _ = of.lowering.query(query, of.relations, of.ctes)
        other = next(iter(columns.values()))
        digits = common_digits(of.form, [value, other])
        node.set("this", value.node)
        if digits is not None and not digits.whole_type:
            of.lowering.rescale(query, 0, other, digits)
            node.set("this", of.form.at_scale(value, digits.scale))
        return Lowered(node)
    results, _ = united(of.form, [value, *(of.expression(each) for each in node.expressions)])
    return Lowered(exp.In(this=results[0], expressions=results[1:]))


def _total(of: SelectLowering, node: exp.Sum) -> Lowered:
    inner, wrapped = _argument(of, node)
    if inner.digits is None:
        return Lowered(wrapped)
    digits = replace(inner.digits, integer=inner.digits.integer + of.row_digits)
    return Lowered(wrapped, of.form.bounded(digits))


def _argument(of: SelectLowering, node: exp.Expr) -> tuple[Lowered, exp.Expr]:
    argument = node.this
    if isinstance(argument, exp.Distinct):
        inner = of.expression(argument.expressions[0])
        argument.set("expressions", [inner.node])
    else:
        inner = of.expression(argument)
        node.set("this", inner.node)
    return inner, node


def _count(of: SelectLowering, node: exp.Count) -> Lowered:
    if node.this is not None and not isinstance(node.this, exp.Star):
        _argument(of, node)
    return Lowered(node, Digits(of.row_digits, whole_type=True))


def _filter(of: SelectLowering, node: exp.Filter) -> Lowered:
    inner = of.expression(node.this)
    node.set("this", inner.node)
    of.children(node.expression)
    return replace(inner, node=node)


def _window(of: SelectLowering, node: exp.Window) -> Lowered:
    inner = of.expression(node.this)
    node.set("this", inner.node)
    for each in node.args.get("partition_by") or []:
        each.replace(without_own_errors(of.expression(each.copy()).node))
    if node.args.get("order") is not None:
        of.children(node.args["order"])
        without_own_errors(node.args["order"])
    return Lowered(node, inner.digits, inner.profile)


def _position(of: SelectLowering, node: exp.Expr) -> Lowered:
    return Lowered(node, Digits(max(of.row_digits, 1), whole_type=True))


def _shifted(of: SelectLowering, node: exp.Lag | exp.Lead) -> Lowered:
    values = [of.expression(node.this)]
    if node.args.get("default") is not None:
        values.append(of.expression(node.args["default"]))
    results, digits = united(of.form, values)
    node.set("this", results[0])
    if len(results) > 1:
        node.set("default", results[1])
    return Lowered(node, digits, common_profile(values))


def _scalar(of: SelectLowering, node: exp.Subquery) -> Lowered:
    columns, _ = of.lowering.query(node.this, of.relations, of.ctes)
    value = next(iter(columns.values()), Lowered(node))
    return replace(value, node=node)


def small_whole(of: SelectLowering, node: exp.Expr) -> Lowered:
    """LENGTH, DATE_PART and their like: integers of DuckDB."""
    of.children(node)
    return Lowered(node, Digits(18, whole_type=True))


HANDLERS: dict[type[exp.Expr], LoweringHandler] = {
    exp.Column: _column,
    exp.Literal: _literal,
    exp.Paren: _paren,
    **dict.fromkeys((exp.Add, exp.Sub), _sum_of),
    exp.Mul: _product,
    exp.Mod: _remainder,
    **dict.fromkeys((exp.Neg, exp.Abs, exp.Min, exp.Max, exp.ArgMax, exp.ArgMin), _same_digits),
    **dict.fromkeys((exp.FirstValue, exp.LastValue), _same_digits),
    **dict.fromkeys((exp.Ceil, exp.Floor), _whole),
    exp.Round: _round,
    exp.Sign: _sign,
    exp.Case: _case,
    exp.Coalesce: _choice,
    **dict.fromkeys((exp.Least, exp.Greatest), lower_extreme),
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE), _comparison),
    **dict.fromkeys((exp.NullSafeEQ, exp.NullSafeNEQ), _comparison),
    exp.In: _in,
    exp.Sum: _total,
    exp.Count: _count,
    exp.Filter: _filter,
    exp.Window: _window,
    **dict.fromkeys((exp.RowNumber, exp.Rank, exp.DenseRank, exp.Ntile), _position),
    **dict.fromkeys((exp.Lag, exp.Lead), _shifted),
    exp.Subquery: _scalar,
    **dict.fromkeys((exp.Length, exp.StrPosition), small_whole),
}
