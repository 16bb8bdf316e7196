"""Arguments that must be written out in the metric: whole numbers and texts."""

from __future__ import annotations

from sqlglot import exp

from engine.metrics.kinds import KindError

_MAX_LENGTH = 200


def whole_literal(node: exp.Expr | None, what: str, low: int, high: int) -> int:
    """A whole number written in the metric; anything else is a problem."""
    negative = isinstance(node, exp.Neg)
    literal = node.this if isinstance(node, exp.Neg) else node
    if isinstance(literal, exp.Literal) and not literal.is_string and literal.name.isdecimal():
        number = -int(literal.name) if negative else int(literal.name)
        if low <= number <= high:
            return number
    raise KindError(f"{what} must be a whole number from {low} to {high:,}, written out", "")


def text_literal(node: exp.Expr | None, where: str) -> exp.Literal:
    """A text written in the metric in single quotes; anything else is a problem."""
    if not isinstance(node, exp.Literal) or not node.is_string:
        raise KindError(f"{where} needs this argument as a text literal", "write it in single quotes")
    if len(node.name) > _MAX_LENGTH:
        raise KindError(f"this text is longer than {_MAX_LENGTH} characters", "shorten it")
    return exp.Literal.string(node.name)
