"""The bill of one month: every rule of rating in the order in which a person would apply it by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.oracle.alerts import alert_rows
from tests.oracle.balance_book import Book, book
from tests.oracle.balances import Segment
from tests.oracle.catalog import read_catalog
from tests.oracle.eligibility import Coverage
from tests.oracle.hierarchy import consolidated
from tests.oracle.history import NOTHING, History
from tests.oracle.invoices import (
    Destination,
    Run,
    held_back,
    invoice,
    of_charges,
    of_consumption,
    of_subscriptions,
    purchase_row,
)
from tests.oracle.ledger import Account, accounts, balance_rows, entry_rows, make_available, trueups
from tests.oracle.metering import Event, SqlFunction
from tests.oracle.quantities import Statement
from tests.oracle.segments import LAST_INSTANT, Row
from tests.oracle.senders import by_sender, counts_for, events_of
from tests.oracle.settling import Draft, afterwards, deductions, settle, unsettled
from tests.oracle.sql_metrics import SQL_FUNCTIONS
from tests.oracle.thresholds import Release, purchases, release
from tests.oracle.times import month, statement_periods
from tests.oracle.usage import edges, window_of

Line = Row

_ONE = Fraction(1)
#: The places of a unit price; what needs more is an amount alone.
_PLACES = 18


@dataclass
class Bill:
    """All of a month's rows as plain dicts; README.md beside this file says what is in them.

    The lines of an invoice stand in its order, invoice by invoice. `unrated` and `not_entitled` are in no order, the
    `ledger` is in order of time for each segment. `parked` are the contracts that wait for earlier statements, and
    `history` is what the next month must be given. `largest` is how far the running value of a metric got from zero for
    each contract, at any instant at which something may change.
    """

    lines: list[Line] = field(default_factory=list)
    invoices: list[Line] = field(default_factory=list)
    unrated: list[Line] = field(default_factory=list)
    not_entitled: list[Line] = field(default_factory=list)
    ledger: list[Line] = field(default_factory=list)
    balances: list[Line] = field(default_factory=list)
    alerts: list[Line] = field(default_factory=list)
    parked: frozenset[str] = frozenset()
    history: History = NOTHING
    largest: dict[str, Fraction] = field(default_factory=dict)


def bill_months(
    workspace: Path,
    accepted_events: Iterable[Event],
    periods: Sequence[str],
    sql_functions: Mapping[str, SqlFunction] = SQL_FUNCTIONS,
) -> list[Bill]:
    """The bills of months in a row, each with what the months before it have left of the balances."""
    events, bills, earlier = list(accepted_events), [], NOTHING
    for period in periods:
        bills.append(bill(workspace, events, period, sql_functions, earlier=earlier))
        earlier = bills[-1].history
    return bills


def bill(
    workspace: Path,
    accepted_events: Iterable[Event],
    period: str,
    sql_functions: Mapping[str, SqlFunction] = SQL_FUNCTIONS,
    as_of: datetime | None = None,
    window: str | None = None,
    earlier: History = NOTHING,
) -> Bill:
    """The bill of the month `period` (such as `2026-10`), from events as `landing` gives them.

    With `as_of`, events that arrived later do not exist. With a `window` of `day` or `hour`, the rows are the
    breakdown: every statement period is cut at each UTC midnight or hour as well, and each row is of one window,
    `window_starting_at` and `window_ending_before`; what is priced at the last instant of the period is not cut and
    stands in the last window of its stretch, and what is not consumption in the last window of the period. Nothing
    draws on balances in a breakdown. `earlier` is the `history` of the bill of the month before.
    """
    catalog = read_catalog(workspace)
    sent = by_sender(event for event in accepted_events if as_of is None or event["ingested_at"] <= as_of)
    balances = book(catalog, month(period), earlier)
    make_available(balances)
    runs = []
    for contract_id, contract in catalog["contracts"].items():
        own = events_of(sent, contract["customer"], catalog["customers"][contract["customer"]])
        counted = [event for event in own if counts_for(contract, event)]
        segments = [each for of in balances.balances if contract_id in of.contracts for each in of.segments]
        coverage = Coverage(catalog, contract_id, segments) if segments and window is None else None
        statements = []
        for start, end in statement_periods(contract, period):
            inside = [event for event in counted if start <= event["timestamp"] < end]
            statements.append(Statement(catalog, contract, start, end, inside, sql_functions, coverage=coverage))
        bought = tuple(each for each in balances.balances if each.invoice_contract == contract_id)
        runs.append(Run(catalog, contract_id, tuple(statements), month(period), bought))
    waiting = unsettled(balances, runs) if window is None else frozenset()
    # A contract that has yet to begin waits without having anything to be set aside.
    begun = {run.contract_id for run in runs if run.contract["starting_at"] < balances.span[1]}
    result = Bill(parked=waiting & begun)
    billed = [run for run in runs if run.contract_id not in waiting]
    drafts = [draft for run in billed for draft in _drafts(result, run, window)]
    result.largest = {run.contract_id: _largest(run) for run in billed}
    if window is not None:
        balances.balances.clear()
    settle(balances, drafts)
    releases = release(balances, drafts) if window is None else []
    _finish(result, balances, billed, [*drafts, *purchases(releases)], window, releases)
    result.history = afterwards(balances, billed, waiting, [each.remembered() for each in releases])
    return result


def _largest(run: Run) -> Fraction:
    values = (
        each for statement in run.statements for measure in statement.measured.values() for each in measure.values()
    )
    return max(map(abs, values), default=Fraction(0))


def _finish(
    result: Bill,
    balances: Book,
    runs: Sequence[Run],
    drafts: Sequence[Draft],
    window: str | None,
    releases: Sequence[Release],
) -> None:
    """Invoices, their lines, the ledger and the balances of what has been drawn."""
    lines_of: dict[int, list[Line]] = {}
    released = frozenset(each["segment"] for each in balances.history.threshold_commits)
    found = accounts(balances, deductions(drafts), released, frozenset(each.segment.id for each in releases))
    open_accounts = [each for each in found if not result.parked & set(each.segment.balance.contracts)]
    trueup_invoices: dict[str, tuple[Any, ...]] = {}
    for run in runs:
        own = [draft for draft in drafts if draft.run is run]
        for segment, row in _trueup_lines(run, open_accounts):
            draft = _trueup_draft(run, own, row["starting_at"])
            draft.lines.append(row)
            trueup_invoices[segment.id] = draft.identity
        for draft in own:
            lines = [_windowed(line, draft, window) for line in draft.lines]
            head, lines = invoice(run, draft.destination, lines, draft.draws, draft.kind)
            lines_of[len(result.invoices)] = lines
            result.invoices.append(head)
            result.lines.extend(lines)
    result.ledger = list(entry_rows(balances, open_accounts, trueup_invoices))
    result.balances = list(balance_rows(balances, open_accounts))
    if window is None:
        result.alerts = list(alert_rows(balances, result.lines, result.invoices, open_accounts))
        contracts = balances.catalog["contracts"]
        numbers = {id(made): number for number, made in enumerate(result.invoices)}
        together = list(consolidated(contracts, result.invoices, lambda made: lines_of[numbers[id(made)]]))
        for head, lines in together:
            result.invoices.append(head)
            result.lines.extend(lines)


def _trueup_lines(run: Run, found: Iterable[Account]) -> Iterator[tuple[Segment, Line]]:
    """The lines for what postpaid commits lack that are invoiced on a contract."""
    for segment, contract, charged_at, amount in trueups(found):
        if contract == run.contract_id:
            row = purchase_row(run, segment.balance, (charged_at, amount, _ONE), f"{segment.balance.name} true-up")
            if (amount * 10**_PLACES).denominator != 1:
                row |= {"quantity": None, "unit_price": None}
            yield segment, row


def _trueup_draft(run: Run, own: list[Draft], charged_at: datetime) -> Draft:
    """The invoice of a true-up: that of the statement that ends then, where it has the charges, else one of its own."""
    for draft in own:
        if run.contract["charges_on_usage_invoices"] and draft.kind == "USAGE" and draft.span[1] == charged_at:
            return draft
    draft = Draft(run, charged_at, [], "TRUEUP")
    own.append(draft)
    return draft


def _drafts(result: Bill, run: Run, window: str | None) -> list[Draft]:
    """The invoices of a contract with their lines before balances; what makes no line goes to the result."""
    lines: dict[Destination, list[Line]] = {}
    for statement in run.statements:
        span = statement.starting_at, statement.ending_before
        starts = [span[0], *edges(span, window)] if window else []
        lines[span] = []
        for bucket, row in of_consumption(run, statement, starts):
            if bucket == "lines":
                lines[span].append(row)
            else:
                getattr(result, bucket).append(held_back(run, span, {**row, **_window(row, span, window)}))
    for destination, bucket, row in (*of_subscriptions(run), *of_charges(run)):
        if window and isinstance(destination, datetime):
            continue
        if bucket == "lines":
            lines.setdefault(destination, []).append(row)
        else:
            getattr(result, bucket).append(held_back(run, destination, {**row, **_window(row, destination, window)}))
    return [
        Draft(run, destination, on_it, "SCHEDULED" if isinstance(destination, datetime) else "USAGE")
        for destination, on_it in lines.items()
    ]


def _windowed(line: Line, draft: Draft, window: str | None) -> Line:
    """A line with the window that it stands in; lines keep their identity, by which their draws are known."""
    line |= _window(line, draft.destination, window)
    return line


def _window(row: Line, destination: Destination, window: str | None) -> Line:
    if window is None or isinstance(destination, datetime):
        return {}
    consumed = row.get("type") == "usage" and not row.get("minimum")
    last = row["ending_before"] if consumed else destination[1]
    return window_of(last - LAST_INSTANT, window)
