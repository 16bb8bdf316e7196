"""The intermediate form in which streaming and SQL metrics meet (DESIGN §5)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlglot import exp


class Combination(StrEnum):
    """How the values over consecutive parts of a window make the value over the whole of it, group by group."""

    SUM = "SUM"
    MAX = "MAX"
    MIN = "MIN"
    #: The value of the last part that has one.
    LAST = "LAST"


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """A query over `events` as if it held one customer's events of one window, ready to be scoped.

    `select` yields `columns`, in that order: `value_column` is the quantity, an exact number; the others are
    the group columns. Its grain is one row for each distinct combination of group columns, or whatever rows the
    analyst's query gives: quantities of equal keys are summed downstream (`spec/metering.md` §7.3).

    Every `events` in `select` is an `exp.Table` with an alias, every column is qualified, and properties are
    read only in the form of `engine.metrics.properties`. Numbers still stand as the placeholders of
    `engine.metrics.decimals`, which `lower_numbers` resolves once the digits of the data are known.
    """

    select: exp.Query
    columns: tuple[str, ...]
    value_column: str
    properties: tuple[tuple[str, ...], ...]
    #: The columns of `events` that are read besides properties, hidden ones included.
    event_columns: tuple[str, ...] = ()
    #: How values over parts of a window are combined; None when the whole must be read at once. Anything but SUM
    #: holds only while no group column is summed away.
    combined_by: Combination | None = None

    @property
    def group_columns(self) -> tuple[str, ...]:
        return tuple(name for name in self.columns if name != self.value_column)

    @property
    def additive(self) -> bool:
        """Whether the value over a window is the sum of the values over any split of it."""
        return self.combined_by is Combination.SUM
