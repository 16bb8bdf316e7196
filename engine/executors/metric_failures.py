"""SQL metrics that fail on the data: which errors of DuckDB say so, and what people are told.

The guard has let the metric pass and the query is right, but some customer's events have no answer: a divisor is 0.
Whatever else DuckDB raises while a metric runs is about memory, files or our own plan, and stays what it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum

import duckdb

from engine.catalog.metric import BillableMetric
from engine.errors import UserError
from engine.metrics.overflow import needs_more_digits


class Failure(Enum):
    """Why a metric has no value: what happened, and what to write instead. Told of in this order when both happen."""

    OUT_OF_RANGE = ("it computes a date or a number that is out of range", "bound it with CASE WHEN … THEN … END")
    DIVIDES_BY_ZERO = (
        "it divides by zero",
        "write CASE WHEN x <> 0 THEN y / x END, or y / NULLIF(x, 0) where it need not be portable",
    )

    def __init__(self, what: str, remedy: str) -> None:
        self.what = what
        self.remedy = remedy


_MESSAGES = {
    Failure.DIVIDES_BY_ZERO: ("InvalidInputException", re.compile(r"a metric divides by zero|Division by zero in")),
    Failure.OUT_OF_RANGE: (
        "ConversionException|OutOfRangeException",
        re.compile(r"\b(date|time|timestamp|interval)\b.*\brange\b|\boverflow\b", re.IGNORECASE),
    ),
}


class MetricFailed(UserError):
    """A SQL metric has no value for the events of some customer."""

    def __init__(self, metric: str, failure: Failure, *, file: str | None = None, customer: str | None = None) -> None:
        self.metric, self.failure = metric, failure
        whose = "" if customer is None else f" for customer {customer!r}"
        super().__init__(
            f"{'' if file is None else f'{file}: '}metric {metric!r} failed{whose}: {failure.what}; {failure.remedy}"
        )


def failure_of(error: duckdb.Error) -> Failure | None:
    """What the data made of a metric, when that is what an error of its query says; None for any other error.

    Numbers that the fast path cannot hold are no failure: for those there is the wide one, which holds any.
    """
    if needs_more_digits(error):
        return None
    for failure, (kinds, message) in _MESSAGES.items():
        if re.fullmatch(kinds, type(error).__name__) and message.search(str(error)):
            return failure
    return None


@contextmanager
def failures_told(metric: BillableMetric) -> Iterator[None]:
    """Raises MetricFailed for what a SQL metric's query says of the data; all else goes by as it is."""
    try:
        yield
    except duckdb.Error as error:
        failure = failure_of(error)
        if metric.sql is None or failure is None:
            raise
        raise MetricFailed(metric.name, failure) from error


def failing_customers(
    customers: Sequence[str], failed: MetricFailed, read: Callable[[str, str], None], most: int
) -> dict[str, Failure]:
    """The first customers, as they are ordered, for whom `read` raises MetricFailed: at most one more than `most`.

    `read` is given the first and the last of some customers, and reads them all or fails and leaves nothing, as it has
    `failed` for all of them. Whom it fails for is found by halving; everybody else before the last of those found has
    been read exactly once.
    """
    found: dict[str, Failure] = {}
    waiting: list[Sequence[str]] = []

    def look_closer(some: Sequence[str], failure: Failure) -> None:
        half = len(some) // 2
        if half:
            waiting.extend((some[half:], some[:half]))
        elif some:
            found[some[0]] = failure

    look_closer(customers, failed.failure)
    while waiting and len(found) <= most:
        some = waiting.pop()
        try:
            read(some[0], some[-1])
        except MetricFailed as again:
            look_closer(some, again.failure)
    return found
