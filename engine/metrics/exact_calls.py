"""How the placeholders are lowered: numbers read from text, quotients, percentiles, numbers as text."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from sqlglot import exp

from engine.metrics.arithmetic import small_whole
from engine.metrics.digits import (
    UNPROFILED,
    Digits,
    Lowered,
    TooManyDigits,
    as_decimal,
    at_scale,
    decimal_type,
    literal,
)
from engine.metrics.divisors import never_zero
from engine.metrics.lowering import LoweringHandler, SelectLowering
from engine.metrics.placeholders import (
    EXACT_DIVIDE,
    PERCENTILE_CONT,
    PERCENTILE_DISC,
    PLAIN_TEXT,
    TO_DECIMAL,
    TO_WHOLE,
)
from engine.values.numbers import MAX_DIGITS, QUOTIENT_PLACES, NumberProfile


def _read(of: SelectLowering, node: exp.Anonymous) -> Lowered:
    """TO_DECIMAL and TO_WHOLE: a bare cast where every value is known to be plain, else a check of each value."""
    text = of.expression(node.expressions[0])
    whole = str(node.this).upper() == TO_WHOLE
    profile = text.profile if text.profile is not None else UNPROFILED
    fraction = 0 if whole else profile.fraction_digits
    known = profile.not_numbers < UNPROFILED.not_numbers or text.profile is not None
    if profile.values == 0 and text.profile is not None and not (profile.irregular or profile.not_numbers):
        return Lowered(exp.Cast(this=exp.Null(), to=decimal_type(0)), Digits(1))
    if profile.integer_digits + fraction > MAX_DIGITS:
        raise TooManyDigits
    digits = Digits(max(profile.integer_digits, 1), fraction)
    if profile.all_plain and (not whole or profile.fraction_digits == 0) and known:
        return Lowered(exp.Cast(this=text.node, to=decimal_type(fraction)), digits)
    return Lowered(_guarded(text.node, profile, fraction, of_landed=text.profile is not None), digits)


def _guarded(text: exp.Expr, profile: NumberProfile, fraction: int, *, of_landed: bool) -> exp.Expr:
    """Each value checked: plain ones are cast, others written plainly first, and what is no number gives NULL.

    The pattern bounds the digits, so that no cast can round. A landed number cannot have more digits than its
    profile says; a text that never landed as a value can, and then raises.
    """
    pattern = exp.Literal.string(bounded_pattern(profile, fraction))

    def fits(value: exp.Expr) -> exp.Expr:
        return exp.Anonymous(this="REGEXP_FULL_MATCH", expressions=[value, pattern.copy()])

    def cast(value: exp.Expr) -> exp.Expr:
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


def bounded_pattern(profile: NumberProfile, places: int) -> str:
    """A regular expression for the plain numbers that need no more digits than the profile and `places` say."""
    fraction = f"(\\.[0-9]{{1,{places}}}0*)?" if places else "(\\.0+)?"
    return f"-?0*[0-9]{{1,{max(profile.integer_digits, 1)}}}{fraction}"


def _quotient(of: SelectLowering, node: exp.Anonymous) -> Lowered:
    macro = "SAFE_QUOTIENT" if never_zero(node.expressions[1]) else "WHOLE_QUOTIENT"
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
    return Lowered(exp.Anonymous(this=macro, expressions=whole), digits.bounded())


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


def _unscaled(value: Lowered, scale: int) -> exp.Expr:
    if value.digits is not None and value.digits.whole_type and scale == 0:
        return exp.Cast(this=value.node, to=exp.DataType.build("HUGEINT", dialect="duckdb"))
    return exp.Anonymous(this="UNSCALED", expressions=[at_scale(value, scale)])


def _plain_text(of: SelectLowering, node: exp.Anonymous) -> Lowered:
    value = of.expression(node.expressions[0])
    return Lowered(exp.Anonymous(this="PLAIN_NUMBER", expressions=[as_decimal(value)]))


def _percentile(of: SelectLowering, node: exp.Anonymous) -> Lowered:
    value = of.expression(node.expressions[0])
    digits = value.digits or Digits(1)
    numbers, weight, places = present_numbers(as_decimal(value), node.expressions[1].name)
    between = str(node.this).upper() == PERCENTILE_CONT
    if between:
        digits = replace(digits, integer=digits.integer + 1, scale=digits.scale + places).bounded()
    call = exp.Anonymous(this="PERCENTILE_BETWEEN" if between else "PERCENTILE_AT", expressions=[numbers, weight])
    return Lowered(call, replace(digits, whole_type=False))


def present_numbers(number: exp.Expr, share: str) -> tuple[exp.Expr, exp.Expr, int]:
    """For a percentile: the list of the numbers that are not NULL, the share as a decimal, and its places."""
    places = len(share.partition(".")[2])
    present = exp.Not(this=exp.Is(this=number.copy(), expression=exp.Null()))
    numbers = exp.Filter(this=exp.Anonymous(this="LIST", expressions=[number]), expression=exp.Where(this=present))
    weight = exp.Cast(this=exp.Literal.string(share), to=exp.DataType.build(f"DECIMAL(18, {places})", dialect="duckdb"))
    return numbers, weight, places


CALLS: dict[str, LoweringHandler] = {
    **dict.fromkeys((TO_DECIMAL, TO_WHOLE), _read),
    EXACT_DIVIDE: _quotient,
    PLAIN_TEXT: _plain_text,
    **dict.fromkeys((PERCENTILE_CONT, PERCENTILE_DISC), _percentile),
    **dict.fromkeys(("DATE_PART", "DATE_DIFF"), small_whole),
}
