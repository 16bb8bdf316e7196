"""Exact numbers in SQL: placeholders become DECIMAL arithmetic once the digits of the data are known (DESIGN §6).

Every number of the lowered query is DECIMAL(38, s) with a scale s that is known here, or an integer type. A sum
cannot round; where the digits prove that it cannot overflow either, the query is `proven`, and otherwise DuckDB
raises an error instead of losing a digit. The arithmetic that DuckDB lacks is in `engine/executors/macros.sql`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlglot import exp

from engine.errors import UserError
from engine.metrics.digits import (
    UNPROFILED,
    Digits,
    Lowered,
    as_decimal,
    at_scale,
    decimal_type,
    literal,
    united,
)
from engine.metrics.placeholders import (
    EXACT_DIVIDE,
    PERCENTILE_CONT,
    PERCENTILE_DISC,
    PLAIN_TEXT,
    TO_DECIMAL,
    TO_WHOLE,
    exact_divide,
    plain_number,
    to_decimal,
    to_whole,
)
from engine.metrics.properties import property_path
from engine.values.numbers import MAX_DIGITS, QUOTIENT_PLACES, NumberProfile

__all__ = [
    "LoweredQuery",
    "exact_divide",
    "lower_numbers",
    "plain_number",
    "to_decimal",
    "to_whole",
]

Columns = Mapping[str, Lowered]


@dataclass(frozen=True, slots=True)
class LoweredQuery:
    """A query without placeholders. `scale` is the decimal places of its number columns; `exact_path` is `proven`
    when the digits of the data rule out an overflow, and `checked` when DuckDB would raise on one."""

    select: exp.Query
    scale: int
    exact_path: str


def lower_numbers(query: exp.Query, profiles: Mapping[str, NumberProfile], rows: int) -> LoweredQuery:
    """Replace the placeholders of a metric's query, given what landing knows about its properties.

    `profiles` is keyed by property name, and a name that is missing has no values; `rows` bounds the number of
    events any one window can hold. Raises UserError when numbers need more than 38 digits.
    """
    lowering = _Lowering(profiles, len(str(max(rows, 1))))
    tree = query.copy()
    columns, _ = lowering.query(tree, {}, {})
    scales = [column.digits.scale for column in columns.values() if column.digits is not None]
    return LoweredQuery(tree, max(scales, default=0), "proven" if lowering.proven else "checked")


class _Lowering:
    def __init__(self, profiles: Mapping[str, NumberProfile], row_digits: int) -> None:
        self.profiles = profiles
        self.event_digits = row_digits
        self.proven = True

    def query(
        self, node: exp.Expression, outer: Mapping[str, Columns], ctes: Mapping[str, tuple[Columns, int]]
    ) -> tuple[dict[str, Lowered], int]:
        """Lower a query in place: its columns by lower-case name, and the digits of its number of rows."""
        while isinstance(node, exp.Subquery):
            node = node.this
        with_ = node.args.get("with_")
        if with_ is not None:
            ctes = dict(ctes)
            for cte in with_.expressions:
                ctes[cte.alias] = self.query(cte.this, outer, ctes)
        if isinstance(node, exp.SetOperation):
            return self._set_operation(node, outer, ctes)
        if not isinstance(node, exp.Select):
            return {}, self.event_digits
        return _SelectLowering(self, node, outer, ctes).lower()

    def _set_operation(
        self, node: exp.SetOperation, outer: Mapping[str, Columns], ctes: Mapping[str, tuple[Columns, int]]
    ) -> tuple[dict[str, Lowered], int]:
        left, left_rows = self.query(node.this, outer, ctes)
        right, right_rows = self.query(node.expression, outer, ctes)
        columns: dict[str, Lowered] = {}
        for index, (name, first, second) in enumerate(zip(left, left.values(), right.values(), strict=False)):
            _, digits = united([first, second])
            if digits is not None and not digits.whole_type:
                for side in (node.this, node.expression):
                    _rescale(side, index, digits.scale)
            columns[name] = Lowered(first.node, digits)
        return columns, max(left_rows, right_rows) + 1

    def profile(self, node: exp.Expression) -> NumberProfile | None:
        """What is known of the text at a property access; None for any other expression."""
        path = property_path(node)
        if path is None:
            return None
        known = self.profiles.get(".".join(path), NumberProfile())
        if len(path) == 1 or path[0] not in self.profiles:
            return known
        # A value inside JSON text was not looked at when it landed.
        return known + UNPROFILED


def _rescale(side: exp.Expression, index: int, scale: int) -> None:
    while isinstance(side, exp.Subquery):
        side = side.this
    if isinstance(side, exp.SetOperation):
        _rescale(side.this, index, scale)
        _rescale(side.expression, index, scale)
        return
    projection = side.expressions[index]
    value = projection.this if isinstance(projection, exp.Alias) else projection
    value.replace(exp.Cast(this=value.copy(), to=decimal_type(scale)))


class _SelectLowering:
    """One SELECT: its relations are known by alias, then each clause is lowered."""

    def __init__(
        self,
        lowering: _Lowering,
        select: exp.Select,
        outer: Mapping[str, Columns],
        ctes: Mapping[str, tuple[Columns, int]],
    ) -> None:
        self.lowering, self.select, self.ctes = lowering, select, ctes
        self.relations: dict[str, Columns] = dict(outer)
        self.row_digits = 0

    def lower(self) -> tuple[dict[str, Lowered], int]:
        select = self.select
        joins = select.args.get("joins") or []
        for source in ([select.args["from_"].this] if select.args.get("from_") else []) + [j.this for j in joins]:
            self._source(source)
        columns: dict[str, Lowered] = {}
        for projection in list(select.expressions):
            value = projection.this if isinstance(projection, exp.Alias) else projection
            lowered = self.expression(value)
            value.replace(lowered.node)
            columns[projection.alias_or_name.lower()] = lowered
        for join in joins:
            if join.args.get("on") is not None:
                join.set("on", self.expression(join.args["on"]).node)
        for clause in ("where", "group", "having", "qualify", "order"):
            node = select.args.get(clause)
            if node is not None:
                self._children(node)
        return columns, max(self.row_digits, 1)

    def _source(self, source: exp.Expression) -> None:
        name = source.alias_or_name
        if isinstance(source, exp.Subquery):
            self.relations[name], digits = self.lowering.query(source.this, self.relations, self.ctes)
        elif isinstance(source, exp.Table) and source.name in self.ctes:
            self.relations[name], digits = self.ctes[source.name]
        else:
            self.relations[name], digits = {}, self.lowering.event_digits
        self.row_digits += digits

    def expression(self, node: exp.Expression) -> Lowered:
        """The lowered form of an expression; `node` is not to be used afterwards."""
        handler = _HANDLERS.get(type(node))
        if isinstance(node, exp.Anonymous):
            handler = _CALLS.get(str(node.this).upper())
        lowered = handler(self, node) if handler is not None else self._other(node)
        if lowered.digits is not None and not lowered.digits.proven:
            self.lowering.proven = False
        return lowered

    def _other(self, node: exp.Expression) -> Lowered:
        profile = self.lowering.profile(node)
        if profile is not None:
            return Lowered(node, profile=profile)
        if isinstance(node, exp.Query):
            self.lowering.query(node, self.relations, self.ctes)
            return Lowered(node)
        self._children(node)
        return Lowered(node)

    def _children(self, node: exp.Expression) -> None:
        for name, value in list(node.args.items()):
            if isinstance(value, exp.Expression) and not isinstance(value, _LEAVES):
                node.set(name, self.expression(value).node)
            elif isinstance(value, list):
                items = [self.expression(each).node if _inner(each) else each for each in value]
                node.set(name, items)


#: Parts that hold no number of their own: literals here are positions, patterns and units.
_LEAVES = (exp.Literal, exp.Identifier, exp.DataType, exp.Var, exp.Interval, exp.WindowSpec)
_Handler = Callable[[_SelectLowering, Any], Lowered]


def _inner(value: object) -> bool:
    return isinstance(value, exp.Expression) and not isinstance(value, _LEAVES)


def _column(of: _SelectLowering, node: exp.Column) -> Lowered:
    known = of.relations.get(node.table, {}).get(node.name.lower())
    return Lowered(node) if known is None else replace(known, node=node)


def _literal(of: _SelectLowering, node: exp.Literal) -> Lowered:
    return Lowered(node) if node.is_string else literal(node.name)


def _paren(of: _SelectLowering, node: exp.Paren) -> Lowered:
    inner = of.expression(node.this)
    return replace(inner, node=exp.paren(inner.node, copy=False))


def _sum_of(of: _SelectLowering, node: exp.Add | exp.Sub) -> Lowered:
    sides = [of.expression(node.this), of.expression(node.expression)]
    if sides[0].digits is None or sides[1].digits is None:
        return Lowered(type(node)(this=sides[0].node, expression=sides[1].node))
    first, second = sides[0].digits, sides[1].digits
    scale = max(first.scale, second.scale)
    digits = Digits(max(first.integer, second.integer) + 1, scale, proven=first.proven and second.proven).bounded()
    left, right = (at_scale(side, scale) for side in sides)
    return Lowered(type(node)(this=left, expression=right), digits)


def _product(of: _SelectLowering, node: exp.Mul) -> Lowered:
    left, right = of.expression(node.this), of.expression(node.expression)
    if left.digits is None or right.digits is None:
        return Lowered(exp.Mul(this=left.node, expression=right.node))
    proven = left.digits.proven and right.digits.proven
    digits = Digits(left.digits.integer + right.digits.integer, left.digits.scale + right.digits.scale, proven=proven)
    return Lowered(exp.Mul(this=as_decimal(left), expression=as_decimal(right)), digits.bounded())


def _modulo(of: _SelectLowering, node: exp.Mod) -> Lowered:
    (left, right), digits = united([of.expression(node.this), of.expression(node.expression)])
    # A paren keeps `a % b` together whatever stands around it.
    return Lowered(exp.Mod(this=left, expression=right), digits)


def _same_digits(of: _SelectLowering, node: exp.Expression) -> Lowered:
    """Neg, Abs, Min, Max, FirstValue and the rest that give one of the numbers they take."""
    inner = of.expression(node.this) if node.this is not None else Lowered(exp.Null())
    node.set("this", inner.node)
    for name in ("expression", "expressions"):
        value = node.args.get(name)
        if _inner(value):
            node.set(name, of.expression(value).node)
    return Lowered(node, inner.digits, inner.profile)


def _whole(of: _SelectLowering, node: exp.Expression) -> Lowered:
    """Ceil, Floor: a decimal without places."""
    inner = of.expression(node.this)
    if inner.digits is None or inner.digits.whole_type:
        return inner
    node.set("this", inner.node)
    return Lowered(node, replace(inner.digits, integer=inner.digits.integer + 1, scale=0).bounded())


def _round(of: _SelectLowering, node: exp.Round) -> Lowered:
    inner = of.expression(node.this)
    places = int(node.args["decimals"].name)
    if inner.digits is None or inner.digits.scale <= places:
        return inner
    rounded = exp.Round(this=inner.node, decimals=exp.Literal.number(places))
    return Lowered(rounded, replace(inner.digits, integer=inner.digits.integer + 1, scale=places).bounded())


def _sign(of: _SelectLowering, node: exp.Sign) -> Lowered:
    node.set("this", of.expression(node.this).node)
    return Lowered(node, Digits(1, whole_type=True))


def _case(of: _SelectLowering, node: exp.Case) -> Lowered:
    tests = [of.expression(branch.this).node for branch in node.args["ifs"]]
    default = node.args.get("default")
    written = [branch.args["true"] for branch in node.args["ifs"]] + ([default] if default is not None else [])
    values = [of.expression(each) for each in written]
    results, digits = united(values)
    branches = [exp.If(this=test, true=result) for test, result in zip(tests, results, strict=False)]
    profile = _common_profile(values)
    case = exp.Case(ifs=branches, default=results[-1] if default is not None else None)
    return Lowered(case, digits, profile)


def _common_profile(values: list[Lowered]) -> NumberProfile | None:
    total = NumberProfile()
    for value in values:
        if value.profile is None and not isinstance(value.node, exp.Null):
            return None
        total += value.profile or NumberProfile()
    return total


def _choice(of: _SelectLowering, node: exp.Coalesce | exp.Least | exp.Greatest) -> Lowered:
    values = [of.expression(each) for each in (node.this, *node.expressions)]
    results, digits = united(values)
    node.set("this", results[0])
    node.set("expressions", results[1:])
    return Lowered(node, digits, _common_profile(values))


def _comparison(of: _SelectLowering, node: exp.Binary) -> Lowered:
    (left, right), _ = united([of.expression(node.this), of.expression(node.expression)])
    return Lowered(type(node)(this=left, expression=right))


def _in(of: _SelectLowering, node: exp.In) -> Lowered:
    value = of.expression(node.this)
    query = node.args.get("query")
    if query is not None:
        columns, _ = of.lowering.query(query, of.relations, of.ctes)
        (left, _), digits = united([value, next(iter(columns.values()))])
        if digits is not None and not digits.whole_type:
            _rescale(query, 0, digits.scale)
        node.set("this", left)
        return Lowered(node)
    results, _ = united([value, *(of.expression(each) for each in node.expressions)])
    return Lowered(exp.In(this=results[0], expressions=results[1:]))


def _total(of: _SelectLowering, node: exp.Sum) -> Lowered:
    inner, wrapped = _argument(of, node)
    if inner.digits is None:
        return Lowered(wrapped)
    digits = replace(inner.digits, integer=inner.digits.integer + of.row_digits)
    return Lowered(wrapped, digits.bounded())


def _argument(of: _SelectLowering, node: exp.Expression) -> tuple[Lowered, exp.Expression]:
    distinct = node.this if isinstance(node.this, exp.Distinct) else None
    inner = of.expression(distinct.expressions[0] if distinct is not None else node.this)
    if distinct is not None:
        distinct.set("expressions", [inner.node])
    else:
        node.set("this", inner.node)
    return inner, node


def _count(of: _SelectLowering, node: exp.Count) -> Lowered:
    if node.this is not None and not isinstance(node.this, exp.Star):
        _argument(of, node)
    return Lowered(node, Digits(of.row_digits, whole_type=True))


def _filter(of: _SelectLowering, node: exp.Filter) -> Lowered:
    inner = of.expression(node.this)
    node.set("this", inner.node)
    of._children(node.expression)
    return replace(inner, node=node)


def _window(of: _SelectLowering, node: exp.Window) -> Lowered:
    inner = of.expression(node.this)
    node.set("this", inner.node)
    for each in node.args.get("partition_by") or []:
        each.replace(of.expression(each.copy()).node)
    if node.args.get("order") is not None:
        of._children(node.args["order"])
    return Lowered(node, inner.digits, inner.profile)


def _position(of: _SelectLowering, node: exp.Expression) -> Lowered:
    return Lowered(node, Digits(max(of.row_digits, 1), whole_type=True))


def _shifted(of: _SelectLowering, node: exp.Lag | exp.Lead) -> Lowered:
    values = [of.expression(node.this)]
    if node.args.get("default") is not None:
        values.append(of.expression(node.args["default"]))
    results, digits = united(values)
    node.set("this", results[0])
    if len(results) > 1:
        node.set("default", results[1])
    return Lowered(node, digits, _common_profile(values))


def _scalar(of: _SelectLowering, node: exp.Subquery) -> Lowered:
    columns, _ = of.lowering.query(node.this, of.relations, of.ctes)
    value = next(iter(columns.values()), Lowered(node))
    return replace(value, node=node)


def _small_whole(of: _SelectLowering, node: exp.Expression) -> Lowered:
    """LENGTH, DATE_PART and their like: integers of DuckDB."""
    of._children(node)
    return Lowered(node, Digits(18, whole_type=True))


def _read(of: _SelectLowering, node: exp.Anonymous) -> Lowered:
    """TO_DECIMAL and TO_WHOLE: a bare cast where every value is known to be plain, else a check of each value."""
    text = of.expression(node.expressions[0])
    whole = str(node.this).upper() == TO_WHOLE
    profile = text.profile if text.profile is not None else UNPROFILED
    fraction = 0 if whole else profile.fraction_digits
    known = profile.not_numbers < UNPROFILED.not_numbers or text.profile is not None
    if profile.values == 0 and text.profile is not None and not (profile.irregular or profile.not_numbers):
        return Lowered(exp.Cast(this=exp.Null(), to=decimal_type(0)), Digits(1))
    if profile.integer_digits + fraction > MAX_DIGITS:
        raise UserError(
            f"{_shown(node.expressions[0])} holds numbers with up to {profile.integer_digits} digits before the point "
            f"and {fraction} after it, and {MAX_DIGITS} together are the most that stay exact; round it before sending"
        )
    digits = Digits(max(profile.integer_digits, 1), fraction)
    if profile.all_plain and (not whole or profile.fraction_digits == 0) and known:
        return Lowered(exp.Cast(this=text.node, to=decimal_type(fraction)), digits)
    return Lowered(_guarded(text.node, profile, fraction, of_landed=text.profile is not None), digits)


def _shown(node: exp.Expression) -> str:
    path = property_path(node)
    return f"properties.{'.'.join(path)}" if path else "a text"


def _guarded(text: exp.Expression, profile: NumberProfile, fraction: int, *, of_landed: bool) -> exp.Expression:
    """Each value checked: plain ones are cast, others written plainly first, and what is no number gives NULL.

    The pattern bounds the digits, so that no cast can round. A landed number cannot have more digits than its
    profile says; a text that never landed as a value can, and then raises.
    """
    places = f"(\\.[0-9]{{1,{fraction}}}0*)?" if fraction else "(\\.0+)?"
    pattern = exp.Literal.string(f"-?0*[0-9]{{1,{max(profile.integer_digits, 1)}}}{places}")

    def fits(value: exp.Expression) -> exp.Expression:
        return exp.Anonymous(this="REGEXP_FULL_MATCH", expressions=[value, pattern.copy()])

    def cast(value: exp.Expression) -> exp.Expression:
        # TRY_CAST, though the pattern has vouched for the value: over dictionary-encoded Parquet columns DuckDB
        # casts every value of the dictionary, also those that CASE leaves out.
        return exp.TryCast(this=value, to=decimal_type(fraction))

    branches = [exp.If(this=fits(text.copy()), true=cast(text.copy()))]
    if profile.irregular:
        plain = exp.Anonymous(this="EXPANDED_NUMBER", expressions=[text.copy()])
        branches.append(exp.If(this=fits(plain), true=cast(plain.copy())))
        if not of_landed:
            number = exp.Not(this=exp.Is(this=plain.copy(), expression=exp.Null()))
            refused = exp.Anonymous(this="TOO_MANY_DIGITS", expressions=[text.copy()])
            branches.append(exp.If(this=number, true=refused))
    return exp.Case(ifs=branches)


def _quotient(of: _SelectLowering, node: exp.Anonymous) -> Lowered:
    top, bottom = (of.expression(each) for each in node.expressions)
    first, second = top.digits or Digits(1), bottom.digits or Digits(1)
    multiplied = _multiplied(top, bottom)
    if multiplied is not None:
        return multiplied
    scale = max(first.scale, second.scale)
    whole = [_unscaled(each, scale) for each in (top, bottom)]
    bottom_literal = isinstance(bottom.node, exp.Literal)
    integer = first.integer - second.integer + 1 if bottom_literal else first.integer + second.scale
    digits = Digits(max(integer, 1), QUOTIENT_PLACES, proven=first.proven and second.proven)
    return Lowered(exp.Anonymous(this="WHOLE_QUOTIENT", expressions=whole), digits.bounded())


def _multiplied(top: Lowered, bottom: Lowered) -> Lowered | None:
    """Division by a literal such as 1000 or 1024, whose reciprocal ends, as an exact product: far faster.

    None when the divisor is another, or when the product might not fit.
    """
    text = bottom.node.name if isinstance(bottom.node, exp.Literal) else ""
    if not text.isdecimal() or int(text) == 0 or top.digits is None:
        return None
    places = next((n for n in range(MAX_DIGITS) if 10**n % int(text) == 0), None)
    if places is None:
        return None
    factor = 10**places // int(text)
    scale = top.digits.scale + places
    if scale > MAX_DIGITS or top.digits.integer + top.digits.scale + len(str(factor)) > MAX_DIGITS:
        return None
    reciprocal = format(Decimal(factor).scaleb(-places), "f")
    product = exp.Mul(this=as_decimal(top), expression=literal(reciprocal).node)
    digits = replace(top.digits, integer=max(top.digits.integer - len(text) + 1, 1) + 1, scale=scale, whole_type=False)
    if scale <= QUOTIENT_PLACES:
        return Lowered(exp.paren(product, copy=False), digits)
    rounded = exp.Round(this=product, decimals=exp.Literal.number(QUOTIENT_PLACES))
    return Lowered(rounded, replace(digits, scale=QUOTIENT_PLACES))


def _unscaled(value: Lowered, scale: int) -> exp.Expression:
    if value.digits is not None and value.digits.whole_type and scale == 0:
        return exp.Cast(this=value.node, to=exp.DataType.build("HUGEINT", dialect="duckdb"))
    return exp.Anonymous(this="UNSCALED", expressions=[at_scale(value, scale)])


def _plain_text(of: _SelectLowering, node: exp.Anonymous) -> Lowered:
    value = of.expression(node.expressions[0])
    return Lowered(exp.Anonymous(this="PLAIN_NUMBER", expressions=[as_decimal(value)]))


def _percentile(of: _SelectLowering, node: exp.Anonymous) -> Lowered:
    value, share = of.expression(node.expressions[0]), node.expressions[1].name
    places = len(share.partition(".")[2])
    digits = value.digits or Digits(1)
    number = as_decimal(value)
    present = exp.Not(this=exp.Is(this=number.copy(), expression=exp.Null()))
    numbers = exp.Filter(this=exp.Anonymous(this="LIST", expressions=[number]), expression=exp.Where(this=present))
    weight = exp.Cast(this=exp.Literal.string(share), to=exp.DataType.build(f"DECIMAL(18, {places})", dialect="duckdb"))
    between = str(node.this).upper() == PERCENTILE_CONT
    if between:
        digits = replace(digits, integer=digits.integer + 1, scale=digits.scale + places).bounded()
    call = exp.Anonymous(this="PERCENTILE_BETWEEN" if between else "PERCENTILE_AT", expressions=[numbers, weight])
    return Lowered(call, replace(digits, whole_type=False))


_HANDLERS: dict[type[exp.Expression], _Handler] = {
    exp.Column: _column,
    exp.Literal: _literal,
    exp.Paren: _paren,
    **dict.fromkeys((exp.Add, exp.Sub), _sum_of),
    exp.Mul: _product,
    exp.Mod: _modulo,
    **dict.fromkeys((exp.Neg, exp.Abs, exp.Min, exp.Max, exp.ArgMax, exp.ArgMin), _same_digits),
    **dict.fromkeys((exp.FirstValue, exp.LastValue), _same_digits),
    **dict.fromkeys((exp.Ceil, exp.Floor), _whole),
    exp.Round: _round,
    exp.Sign: _sign,
    exp.Case: _case,
    **dict.fromkeys((exp.Coalesce, exp.Least, exp.Greatest), _choice),
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
    **dict.fromkeys((exp.Length, exp.StrPosition), _small_whole),
}

_CALLS: dict[str, _Handler] = {
    **dict.fromkeys((TO_DECIMAL, TO_WHOLE), _read),
    EXACT_DIVIDE: _quotient,
    PLAIN_TEXT: _plain_text,
    **dict.fromkeys((PERCENTILE_CONT, PERCENTILE_DISC), _percentile),
    **dict.fromkeys(("DATE_PART", "DATE_DIFF"), _small_whole),
}
