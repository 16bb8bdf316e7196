"""The steps of an explanation: what is computed again must be what was published, or there is no explanation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.errors import DuckbillError
from engine.result import shown

#: A row of a published output.
Row = Mapping[str, Any]


class Disagreement(DuckbillError):
    """A step that does not give what was published; nothing of the explanation can be trusted then."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what happens, the arithmetic, what it gives in which unit, and what it was taken from.

    Numbers are exact plain text. `source` is the id of a rate, an override, a metric, a balance or the like.
    """

    step: str
    what: str
    expression: str = ""
    result: str = ""
    unit: str = ""
    source: str = ""


class Steps:
    """Collects the steps of one line, in order."""

    def __init__(self, line_item_id: str) -> None:
        self.line_item_id = line_item_id
        self.taken: list[Step] = []

    def say(
        self,
        step: str,
        what: str,
        *,
        expression: str = "",
        result: object = None,
        unit: str = "",
        source: str | None = "",
    ) -> None:
        """A step that only tells, or whose result has been checked already."""
        self.taken.append(Step(step, what, expression, shown(result), unit, source or ""))

    def equal(
        self,
        step: str,
        what: str,
        expression: str,
        computed: Decimal,
        published: Decimal | None,
        *,
        unit: str = "",
        source: str | None = "",
    ) -> None:
        """A step of arithmetic; raises Disagreement unless it gives the published number."""
        # Nothing of a negative price or quantity is nothing.
        computed += Decimal(0)
        self.check(what, shown(computed), shown(published), expression)
        self.say(step, what, expression=expression, result=computed, unit=unit, source=source)

    def check(self, what: str, computed: object, published: object, expression: str = "") -> None:
        """Raises Disagreement unless both are the same."""
        if computed != published:
            by = f" by {expression}" if expression else ""
            raise Disagreement(
                f"line item {self.line_item_id} cannot be explained: {what} is {computed}{by}, and {published} was "
                "published"
            )

    def has(self, what: str, found: object | None) -> None:
        """Raises Disagreement when something that the line needs is not there."""
        if found is None:
            raise Disagreement(f"line item {self.line_item_id} cannot be explained: {what} is not there")


def total_of(numbers: Iterable[Decimal]) -> Decimal:
    """The sum, exact in the decimal context of an explanation."""
    total = Decimal(0)
    for number in numbers:
        total += number
    return total
