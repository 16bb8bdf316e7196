"""What the events say of a line of metered usage."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Measured:
    """How many events of a metric are on a line and how many of its statement period are not, and the metric's value.

    `before` and `after` are events of the line's group values before and after its time, `other_groups` those of other
    group values at any time. Events of a SQL metric are those that its top-level filters let through, whatever their
    group values. The values are those at the start and end of the line's time, as the metric gives them from the start
    of the statement period on.
    """

    on_line: int
    before: int
    after: int
    other_groups: int
    value_before: Decimal
    value_after: Decimal

    @property
    def elsewhere(self) -> int:
        return self.before + self.after + self.other_groups
