"""The wide path: numbers as BIGNUM counts of their last decimal place, exact at any length (DESIGN §6).

Taken when the digits of the data do not fit DECIMAL(38, s), for example where one customer sends 1e30 and another
1e-12. BIGNUM adds, subtracts, compares and orders exactly, but `*`, `/`, `%`, abs, round and avg turn it into
DOUBLE, and no cast leads from it to a number (`spec/reliability.md` §2.2). So each of those has an entry here that
calls a macro of `engine/executors/macros.sql`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlglot import exp

from engine.metrics import arithmetic, exact_calls
from engine.metrics.digits import Digits, Lowered
from engine.metrics.divisors import never_zero
from engine.metrics.lowering import Calls, Handlers, LoweringHandler, SelectLowering
from engine.metrics.placeholders import (
    EXACT_DIVIDE,
    PERCENTILE_CONT,
    PERCENTILE_DISC,
    PLAIN_TEXT,
    TO_DECIMAL,
    TO_WHOLE,
)
from engine.values.numbers import MAX_SIDE_DIGITS, QUOTIENT_PLACES, NumberProfile

#: What a text may hold that landing never looked at: the whole of the grammar.
ANYTHING = NumberProfile(
    values=1, integer_digits=MAX_SIDE_DIGITS, fraction_digits=MAX_SIDE_DIGITS, irregular=1, not_numbers=1
)

#: The alias of the whole query inside the SELECT that writes its numbers as text.
WRAPPER = "m_wide"

BIGNUM = exp.DataType.build("BIGNUM", dialect="duckdb")


class WideForm:
    """BIGNUM, in units of 10^-scale; integers stay integers until they meet one."""

    def bounded(self, digits: Digits) -> Digits:
        return replace(digits, proven=True)

    def at_scale(self, value: Lowered, scale: int) -> exp.Expr:
        digits = value.digits
        if digits is None:
            return value.node
        node = exp.Cast(this=value.node, to=BIGNUM.copy()) if digits.whole_type else value.node
        if digits.scale == scale:
            return node
        return _call("WIDE_SHIFT", node, exp.Literal.number(scale - digits.scale))

    def literal(self, text: str) -> Lowered:
        whole, _, fraction = text.partition(".")
        digits = Digits(len(whole), len(fraction), whole_type=not fraction and len(whole) <= 9)
        if digits.whole_type:
            return Lowered(exp.Literal.number(text), digits)
        return Lowered(exp.Cast(this=exp.Literal.string(whole + fraction), to=BIGNUM.copy()), digits)


def wide_sum(value_text: exp.Expr, scale: int) -> exp.Expr:
    """The exact sum, as plain decimal text, of numbers in plain decimal text with at most `scale` decimal places."""
    places = exp.Literal.number(scale)
    return _call("WIDE_TEXT", exp.Sum(this=_call("WIDE_UNITS", value_text, places)), places.copy())


def text_as_units(text: exp.Expr, places: int) -> exp.Expr:
    """A plain decimal text without needless zeros as a HUGEINT count of 10^-places.

    NULL when it is no whole number of them, or has more than 38 digits.
    """
    return _call("TEXT_AS_UNITS", text, exp.Literal.number(places))


def with_text_values(query: exp.Query, columns: Mapping[str, Lowered]) -> exp.Select:
    """The lowered query with its number columns as exact plain text; `columns` is keyed by lower-case name."""
    select, names = exp.Select(), []
    for position, name in enumerate(query.named_selects):
        known = columns[name.lower()]
        # By position, because two group keys may differ in nothing but case.
        names.append(exp.to_identifier(f"column_{position}"))
        column: exp.Expr = exp.column(names[-1].copy(), table=WRAPPER)
        if known.digits is not None:
            column = _text(replace(known, node=column))
        select.append("expressions", exp.alias_(column, name, quoted=True))
    alias = exp.TableAlias(this=exp.to_identifier(WRAPPER), columns=names)
    return select.from_(exp.Subquery(this=query, alias=alias))


def _call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _text(value: Lowered) -> exp.Expr:
    if value.digits is None or value.digits.whole_type:
        return exp.cast(value.node, "VARCHAR")
    return _call("WIDE_TEXT", value.node, exp.Literal.number(value.digits.scale))


def _units(of: SelectLowering, value: Lowered) -> tuple[exp.Expr, Digits]:
    """The number as BIGNUM at its own scale; a NULL that no number stands beside has none."""
    digits = value.digits or Digits(1, whole_type=True)
    return of.form.at_scale(replace(value, digits=digits), digits.scale), digits


def _wide(digits: Digits) -> Digits:
    """The digits of a number that is BIGNUM by now, whatever it was."""
    return replace(digits, whole_type=False)


def _read(of: SelectLowering, node: exp.Anonymous) -> Lowered:
    """TO_DECIMAL and TO_WHOLE: taken apart at the point where every value is known to be plain, else checked."""
    text = of.expression(node.expressions[0])
    whole = str(node.this).upper() == TO_WHOLE
    profile = text.profile if text.profile is not None else ANYTHING
    places = 0 if whole else profile.fraction_digits
    digits = Digits(max(profile.integer_digits, 1), places)
    scale = exp.Literal.number(places)
    if text.profile is not None and profile.all_plain and (not whole or profile.fraction_digits == 0):
        if profile.values == 0:
            return Lowered(exp.Cast(this=exp.Null(), to=BIGNUM.copy()), digits)
        return Lowered(_call("WIDE_UNITS", text.node, scale), digits)
    pattern = exp.Literal.string(exact_calls.bounded_pattern(profile, places))
    fits = _call("REGEXP_FULL_MATCH", text.node, pattern)
    plain = exp.If(this=fits, true=_call("WIDE_UNITS", text.node.copy(), scale))
    if not profile.irregular:
        return Lowered(exp.Case(ifs=[plain]), digits)
    other: exp.Expr = _call("WIDE_UNITS_OF_ANY", text.node.copy(), scale.copy())
    if whole:
        other = _call("WIDE_WHOLE_OF_ANY", text.node.copy())
    return Lowered(exp.Case(ifs=[plain], default=other), digits)


def _product(of: SelectLowering, node: exp.Mul) -> Lowered:
    (left, first), (right, second) = (_units(of, of.expression(side)) for side in (node.this, node.expression))
    return Lowered(
        _call("WIDE_PRODUCT", left, right), Digits(first.integer + second.integer, first.scale + second.scale)
    )


def _remainder(of: SelectLowering, node: exp.Mod) -> Lowered:
    macro = "WIDE_SAFE_REMAINDER" if never_zero(node.expression) else "WIDE_REMAINDER"
    sides = [_units(of, of.expression(side)) for side in (node.this, node.expression)]
    scale = max(digits.scale for _, digits in sides)
    dividend, divisor = (of.form.at_scale(Lowered(units, _wide(digits)), scale) for units, digits in sides)
    return Lowered(_call(macro, dividend, divisor), Digits(max(digits.integer for _, digits in sides), scale))


def _without_places(macro: str) -> LoweringHandler:
    """CEIL and FLOOR, by the macro that drops digits their way."""

    def lower(of: SelectLowering, node: exp.Expr) -> Lowered:
        inner = of.expression(node.this)
        if inner.digits is None or inner.digits.scale == 0:
            return inner
        dropped = exp.Literal.number(inner.digits.scale)
        return Lowered(_call(macro, inner.node, dropped), Digits(inner.digits.integer + 1))

    return lower


def _round(of: SelectLowering, node: exp.Round) -> Lowered:
    return _rounded(of.expression(node.this), int(node.args["decimals"].name))


def _rounded(value: Lowered, places: int) -> Lowered:
    """Half away from zero."""
    if value.digits is None or value.digits.scale <= places:
        return value
    dropped = exp.Literal.number(value.digits.scale - places)
    return Lowered(_call("WIDE_ROUNDED", value.node, dropped), Digits(value.digits.integer + 1, places))


def _abs(of: SelectLowering, node: exp.Abs) -> Lowered:
    inner = of.expression(node.this)
    if inner.digits is None or inner.digits.whole_type:
        return replace(inner, node=exp.Abs(this=inner.node))
    return replace(inner, node=_by_sign(inner.node, negative=exp.Neg(this=exp.paren(inner.node)), other=inner.node))


def _sign(of: SelectLowering, node: exp.Sign) -> Lowered:
    inner = of.expression(node.this)
    if inner.digits is None or inner.digits.whole_type:
        return Lowered(exp.Sign(this=inner.node), Digits(1, whole_type=True))
    number = exp.Literal.number
    positive = exp.If(this=exp.GT(this=exp.paren(inner.node), expression=_zero()), true=number(1))
    zero = exp.If(this=exp.EQ(this=exp.paren(inner.node), expression=_zero()), true=number(0))
    negative = exp.If(this=exp.LT(this=exp.paren(inner.node), expression=_zero()), true=exp.Neg(this=number(1)))
    return Lowered(exp.Case(ifs=[positive, zero, negative]), Digits(1, whole_type=True))


def _zero() -> exp.Expr:
    return exp.Cast(this=exp.Literal.string("0"), to=BIGNUM.copy())


def _by_sign(number: exp.Expr, *, negative: exp.Expr, other: exp.Expr) -> exp.Expr:
    test = exp.LT(this=exp.paren(number), expression=_zero())
    return exp.Case(ifs=[exp.If(this=test, true=negative)], default=other.copy())


def _quotient(of: SelectLowering, node: exp.Anonymous) -> Lowered:
    """At 12 places, half away from zero.

    Long division stops one place later, toward zero; what follows does not change which way that place rounds.
    """
    macro = "WIDE_SAFE_QUOTIENT" if never_zero(node.expressions[1]) else "WIDE_QUOTIENT"
    (top, first), (divisor, second) = (_units(of, of.expression(side)) for side in node.expressions)
    places = max(first.scale, QUOTIENT_PLACES + 1)
    dividend = of.form.at_scale(Lowered(top, _wide(first)), places + second.scale)
    quotient = Lowered(_call(macro, dividend, divisor), Digits(first.integer + second.scale, places))
    return _rounded(quotient, QUOTIENT_PLACES)


def _plain_text(of: SelectLowering, node: exp.Anonymous) -> Lowered:
    return Lowered(_text(of.expression(node.expressions[0])))


def _percentile(of: SelectLowering, node: exp.Anonymous) -> Lowered:
    number, digits = _units(of, of.expression(node.expressions[0]))
    share = node.expressions[1].name
    numbers, weight, places = exact_calls.present_numbers(number, share)
    digits = _wide(digits)
    if str(node.this).upper() == PERCENTILE_DISC:
        return Lowered(_call("PERCENTILE_AT", numbers, weight), digits)
    call = _call("WIDE_PERCENTILE_BETWEEN", numbers, weight, exp.Literal.number(places))
    return Lowered(call, replace(digits, scale=digits.scale + places))


HANDLERS: Handlers = {
    **arithmetic.HANDLERS,
    exp.Mul: _product,
    exp.Mod: _remainder,
    exp.Ceil: _without_places("WIDE_CEIL"),
    exp.Floor: _without_places("WIDE_FLOOR"),
    exp.Round: _round,
    exp.Abs: _abs,
    exp.Sign: _sign,
}

CALLS: Calls = {
    **exact_calls.CALLS,
    **dict.fromkeys((TO_DECIMAL, TO_WHOLE), _read),
    EXACT_DIVIDE: _quotient,
    PLAIN_TEXT: _plain_text,
    **dict.fromkeys((PERCENTILE_CONT, PERCENTILE_DISC), _percentile),
}
