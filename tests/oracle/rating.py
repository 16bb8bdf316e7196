"""The bill of one month: every rule of rating in the order in which a person would apply it by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tests.oracle.catalog import read_catalog
from tests.oracle.hierarchy import consolidated
from tests.oracle.invoices import (
    Destination,
    Run,
    conversions,
    held_back,
    invoice,
    of_charges,
    of_consumption,
    of_subscriptions,
)
from tests.oracle.metering import Event, SqlFunction
from tests.oracle.quantities import Statement
from tests.oracle.segments import LAST_INSTANT, Row
from tests.oracle.senders import by_sender, counts_for, events_of
from tests.oracle.sql_metrics import SQL_FUNCTIONS
from tests.oracle.times import month, statement_periods
from tests.oracle.usage import edges, window_of

Line = Row


@dataclass
class Bill:
    """All of a month's rows as plain dicts; README.md beside this file says what is in them.

    The lines of an invoice stand in its order, invoice by invoice. `unrated` and `not_entitled` are in no order.
    """

    lines: list[Line] = field(default_factory=list)
    invoices: list[Line] = field(default_factory=list)
    unrated: list[Line] = field(default_factory=list)
    not_entitled: list[Line] = field(default_factory=list)


def bill(
    workspace: Path,
    accepted_events: Iterable[Event],
    period: str,
    sql_functions: Mapping[str, SqlFunction] = SQL_FUNCTIONS,
    as_of: datetime | None = None,
    window: str | None = None,
) -> Bill:
    """The bill of the month `period` (such as `2026-10`), from events as `landing` gives them.

    With `as_of`, events that arrived later do not exist. With a `window` of `day` or `hour`, the rows are the
    breakdown: every statement period is cut at each UTC midnight or hour as well, and each row is of one window,
    `window_starting_at` and `window_ending_before`; what is priced at the last instant of the period is not cut and
    stands in the last window of its stretch, and what is not consumption in the last window of the period.
    """
    catalog = read_catalog(workspace)
    sent = by_sender(event for event in accepted_events if as_of is None or event["ingested_at"] <= as_of)
    result = Bill()
    lines_of: dict[int, list[Line]] = {}
    for contract_id, contract in catalog["contracts"].items():
        own = events_of(sent, contract["customer"], catalog["customers"][contract["customer"]])
        counted = [event for event in own if counts_for(contract, event)]
        statements = []
        for start, end in statement_periods(contract, period):
            inside = [event for event in counted if start <= event["timestamp"] < end]
            statements.append(Statement(catalog, contract, start, end, inside, sql_functions))
        run = Run(catalog, contract_id, tuple(statements), month(period))
        for made, lines in _invoices(result, run, window):
            lines_of[len(result.invoices)] = lines
            result.invoices.append(made)
            result.lines.extend(lines)
    if window is None:
        numbers = {id(made): number for number, made in enumerate(result.invoices)}
        together = list(consolidated(catalog["contracts"], result.invoices, lambda made: lines_of[numbers[id(made)]]))
        for made, lines in together:
            result.invoices.append(made)
            result.lines.extend(lines)
    return result


def _invoices(result: Bill, run: Run, window: str | None) -> list[tuple[Line, list[Line]]]:
    """The invoices of a contract with their lines; what makes no line goes to the result."""
    lines: dict[Destination, list[Line]] = {}
    for statement in run.statements:
        span = statement.starting_at, statement.ending_before
        starts = [span[0], *edges(span, window)] if window else []
        lines[span] = []
        for bucket, row in of_consumption(run, statement, starts):
            if bucket == "lines":
                lines[span].append(_finished(row, span, window))
            else:
                getattr(result, bucket).append(held_back(run, span, _finished(row, span, window)))
    for destination, bucket, row in (*of_subscriptions(run), *of_charges(run)):
        if window and isinstance(destination, datetime):
            continue
        finished = row if isinstance(destination, datetime) else _finished(row, destination, window)
        if bucket == "lines":
            lines.setdefault(destination, []).append(finished)
        else:
            getattr(result, bucket).append(held_back(run, destination, finished))
    for destination, on_it in lines.items():
        if isinstance(destination, datetime):
            on_it.extend(conversions(run, on_it, destination, None))
        else:
            on_it.extend(_finished(line, destination, window) for line in conversions(run, on_it, *destination))
    return [invoice(run, destination, on_it) for destination, on_it in lines.items()]


def _finished(row: Line, span: tuple[datetime, datetime], window: str | None) -> Line:
    """A row of a statement without what only the calculation needed, and in its window."""
    consumed = row.get("type") == "usage" and not row.get("minimum")
    kept = {key: value for key, value in row.items() if key not in ("priced_at", "minimum")}
    last = row["ending_before"] if consumed else span[1]
    return {**kept, **(window_of(last - LAST_INSTANT, window) if window else {})}
