"""How many digits a number of a compiled metric can have, and the SQL that brings numbers to one scale.

DuckDB silently rounds when it unifies DECIMAL(38, 2) with DECIMAL(38, 20) in CASE, COALESCE, LEAST, a comparison
or a UNION: it keeps the first scale. So every such meeting is given explicit casts to the larger scale here, which
either are exact or raise. What a number with places is typed as is its form: DECIMAL here, BIGNUM in `wide`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from sqlglot import exp

from engine.values.numbers import MAX_DIGITS, NumberProfile

#: What a number read from text without a profile may have: a part of a text, or a value inside JSON.
UNPROFILED = NumberProfile(integer_digits=18, fraction_digits=12, irregular=1, not_numbers=1)


class TooManyDigits(Exception):
    """Numbers of a metric need more than 38 digits, which no DECIMAL holds; then it takes the wide path."""


@dataclass(frozen=True, slots=True)
class Digits:
    """Most digits before the point, exact digits after it, and whether the expression is typed as an integer.

    `proven` is false once the bound had to be cut to what DECIMAL(38, scale) holds: the result is then still
    exact, because DuckDB raises on overflow, but it is no longer certain that it will not raise.
    """

    integer: int
    scale: int = 0
    whole_type: bool = False
    proven: bool = True

    def bounded(self) -> Digits:
        if self.scale > MAX_DIGITS:
            raise TooManyDigits
        if self.integer + self.scale <= MAX_DIGITS:
            return self
        return replace(self, integer=MAX_DIGITS - self.scale, proven=False)


@dataclass(frozen=True, slots=True)
class Lowered:
    """A rewritten expression; `digits` when it is a number, `profile` when it is a property's text."""

    node: exp.Expr
    digits: Digits | None = None
    profile: NumberProfile | None = None


class NumberForm(Protocol):
    """What numbers with decimal places are typed as in a lowered query; whole numbers may stay integers."""

    def bounded(self, digits: Digits) -> Digits:
        """The digits that the form can hold of these. Raises TooManyDigits when it cannot hold the places."""

    def at_scale(self, value: Lowered, scale: int) -> exp.Expr:
        """The number with `scale` places; never fewer than its own, so that nothing can round."""

    def literal(self, text: str) -> Lowered:
        """A plain number written in the metric: an integer where it is small and whole."""


class DecimalForm:
    """The fast form: DECIMAL(38, scale)."""

    def bounded(self, digits: Digits) -> Digits:
        return digits.bounded()

    def at_scale(self, value: Lowered, scale: int) -> exp.Expr:
        return at_scale(value, scale)

    def literal(self, text: str) -> Lowered:
        return literal(text)


def decimal_type(scale: int) -> exp.DataType:
    return exp.DataType.build(f"DECIMAL({MAX_DIGITS}, {scale})", dialect="duckdb")


def at_scale(value: Lowered, scale: int) -> exp.Expr:
    """The number as DECIMAL(38, scale); `scale` is never less than its own, so nothing can round."""
    if value.digits is None or (value.digits.scale == scale and not value.digits.whole_type):
        return value.node
    node = value.node
    if isinstance(node, exp.Cast) and node.this.is_string:
        node = node.this
    return exp.Cast(this=node, to=decimal_type(scale))


def as_decimal(value: Lowered) -> exp.Expr:
    return at_scale(value, value.digits.scale) if value.digits is not None else value.node


def literal(text: str) -> Lowered:
    """A plain number written in the metric, as a decimal, or as an integer where it is small and whole."""
    whole, _, fraction = text.lstrip("-").partition(".")
    digits = Digits(len(whole.lstrip("0")) or 1, len(fraction), whole_type=not fraction and len(whole) <= 9)
    if digits.whole_type:
        return Lowered(exp.Literal.number(text), digits)
    cast = exp.Cast(this=exp.Literal.string(text), to=decimal_type(len(fraction)))
    return Lowered(cast, digits.bounded())


def common_digits(form: NumberForm, values: Sequence[Lowered]) -> Digits | None:
    """The digits that hold every number among `values`; None when there is none."""
    known = [value.digits for value in values if value.digits is not None]
    if not known:
        return None
    scale = max(digits.scale for digits in known)
    whole_type = all(digits.whole_type for digits in known)
    most = max(digits.integer for digits in known)
    return form.bounded(Digits(most, scale, whole_type, proven=all(digits.proven for digits in known)))


def united(form: NumberForm, values: Sequence[Lowered]) -> tuple[list[exp.Expr], Digits | None]:
    """Numbers brought to one scale, as the branches of a CASE must be; texts and NULLs stay as they are."""
    digits = common_digits(form, values)
    if digits is None or digits.whole_type:
        return [value.node for value in values], digits
    return [form.at_scale(value, digits.scale) for value in values], digits


def common_profile(values: Sequence[Lowered]) -> NumberProfile | None:
    """What is known of a text that is one of several; None when one of them was never looked at."""
    total = NumberProfile()
    for value in values:
        if value.profile is None and not isinstance(value.node, exp.Null):
            return None
        total += value.profile or NumberProfile()
    return total
