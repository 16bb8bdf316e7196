"""Which invoices the nights of a year must have made final, worked out without the engine.

The policy, once more: a night that succeeds runs every month that still has something open with all that has landed,
and then finalizes each invoice whose `finalizes_at` has come; a finalized invoice keeps what it was made from, until it
is voided; a void one that is regenerated is billed anew by the next night that succeeds. So each invoice is a bill of
one customer's month over the events that had landed by one night, under the catalog of that night, from what the final
invoices of the months before have left of balances. The bills are the oracle's: plain Python over fractions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.fixtures.ai_saas_metrics import SQL_FUNCTIONS
from tests.generated.compare import COLUMNS, compare, named, plain
from tests.nights.ai_saas_year import CONTRACTS, PEOPLE, Do, Failure, Night, Year
from tests.oracle.catalog import read_catalog, settings
from tests.oracle.history import NOTHING, History
from tests.oracle.landing import land
from tests.oracle.metering import Event
from tests.oracle.rating import Bill, bill
from tests.oracle.times import month, statement_periods

GRACE = timedelta(hours=24)

#: The columns of lines that are compared, under the engine's names.
LINE_COLUMNS = (*COLUMNS["line_items"], "type")


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """What an invoice is for: a statement of a contract, or an instant at which something is charged.

    `starting_at` and `ending_before` are both None for a SCHEDULED invoice; a void invoice and the one that is billed
    in its place have the same slot, and are told apart by their generation, which counts from 0.
    """

    contract: str
    type: str
    starting_at: datetime | None
    ending_before: datetime | None
    issued_at: datetime

    @property
    def finalizes_at(self) -> datetime:
        """From when on policy may finalize it."""
        return self.issued_at

    @property
    def period(self) -> str:
        """The billing period that it belongs to: the month of its last instant, or of the one it is issued at."""
        if self.ending_before is None:
            return f"{self.issued_at:%Y-%m}"
        return f"{self.ending_before - timedelta(microseconds=1):%Y-%m}"


@dataclass
class FinalInvoice:
    """An invoice that became final, with its lines as rows of `LINE_COLUMNS`; `voided_at` when it did not stay so.

    `late_events` counts the events of its statement that landed after the night that finalized it.
    """

    slot: Slot
    customer: str
    generation: int
    finalized_at: datetime
    total: Fraction
    lines: list[dict[str, Any]]
    voided_at: datetime | None = None
    late_events: int = 0

    @property
    def status(self) -> str:
        return "FINALIZED" if self.voided_at is None else "VOID"


@dataclass
class _Landed:
    """Every event accepted so far, in order, and how many of them there were after each night."""

    events: list[Event] = field(default_factory=list)
    verdicts: dict[str, int] = field(default_factory=lambda: {"accepted": 0, "duplicate": 0, "rejected": 0})
    until: list[int] = field(default_factory=list)


@dataclass
class ExpectedYear:
    """What must be there after the last night: the final invoices, and the counts of what landed."""

    invoices: list[FinalInvoice]
    landed: Mapping[str, int]
    #: The slots that are void and not billed anew, or not yet final, at the end.
    open: list[Slot]


def differences(
    expected: Sequence[FinalInvoice], invoices: Iterable[Mapping[str, Any]], lines: Iterable[Mapping[str, Any]]
) -> list[str]:
    """Everything in which what was published differs from what is expected, a text each; drafts are not looked at.

    `invoices` and `lines` are the rows of those outputs of all billing periods. Compared are which invoices there are,
    their status, when they were finalized and voided, their totals, and their lines as a multiset.
    """
    rows = {str(row["id"]): row for row in invoices if row["status"] != "DRAFT"}
    lines_of: dict[str, list[Mapping[str, Any]]] = {}
    for line in lines:
        lines_of.setdefault(str(line["invoice_id"]), []).append(line)
    found = {(_published_slot(row), _published_generation(row, rows)): row for row in rows.values()}
    wanted = {(each.slot, each.generation): each for each in expected}
    said = [f"not final: {slot}, generation {number}" for slot, number in sorted(wanted.keys() - found.keys())]
    said += [f"not expected: {slot}, generation {number}" for slot, number in sorted(found.keys() - wanted.keys())]
    for key in sorted(wanted.keys() & found.keys()):
        row, final = found[key], wanted[key]
        head = {"customer_id": final.customer, "status": final.status, "finalized_at": final.finalized_at}
        head |= {"voided_at": final.voided_at, "total": final.total}
        here = {**{name: row[name] for name in head}, "total": Fraction(row["total"])}
        said += [f"{key}: {name} is {here[name]}, not {head[name]}" for name in head if here[name] != head[name]]
        published = {"lines": [plain(line, LINE_COLUMNS) for line in lines_of.get(str(row["id"]), ())]}
        unlike = compare(published, {"lines": final.lines}, {"lines": LINE_COLUMNS})
        said += [f"{key}: {unlike}"] if unlike else []
    return said


def _published_slot(row: Mapping[str, Any]) -> Slot:
    return Slot(row["contract_id"], row["type"], row["starting_at"], row["ending_before"], row["issued_at"])


def _published_generation(row: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]]) -> int:
    before = row["regenerated_from_invoice_id"]
    return 0 if before is None else 1 + _published_generation(rows[before], rows)


def expected_year(year: Year, scratch: Path) -> ExpectedYear:
    """All invoices that became final, in order of slot and generation; `scratch` is a folder to write catalogs to."""
    year.start(scratch / "whole")
    landed = _land(year, scratch / "whole")
    invoices: list[FinalInvoice] = []
    left: list[Slot] = []
    for number in range(1, len(year.customers) + 1):
        of_one = _OfOneCustomer(year, number, scratch / f"{number}", landed)
        of_one.pass_nights()
        invoices += of_one.final
        left += of_one.open
    invoices.sort(key=lambda each: (each.slot.issued_at, each.slot.contract, each.slot.type, each.generation))
    return ExpectedYear(invoices, landed.verdicts, left)


def _land(year: Year, workspace: Path) -> _Landed:
    limits, landed, accepted = settings(workspace), _Landed(), dict[str, datetime]()
    for night in year.nights:
        lines = [line.encode() for line in night.lines]
        result = land(lines, night.now, limits["past_days"], limits["future_hours"], accepted)
        accepted.update({event["transaction_id"]: night.now for event in result.events})
        landed.events += result.events
        for verdict in landed.verdicts:
            landed.verdicts[verdict] += result.count(verdict)
        landed.until.append(len(landed.events))
    return landed


class _OfOneCustomer:
    """The nights as they concern one customer: nothing here is shared between customers, no balance and no parent."""

    def __init__(self, year: Year, number: int, workspace: Path, landed: _Landed) -> None:
        self._year = year
        self._number = number
        self._customer = year.customers[number - 1].id
        self._workspace = workspace
        self._history: dict[str, History] = {}
        #: The months whose slots are known, under the catalog as it is now; and all slots ever known.
        self._known_months: set[str] = set()
        self._known: set[Slot] = set()
        self.final: list[FinalInvoice] = []
        #: What is to be finalized, with its generation; and what is void and waits to be regenerated.
        self._drafts: dict[Slot, int] = {}
        self._void: set[Slot] = set()
        year.start(workspace)
        self._keep_to_oneself()
        places = _places_of(landed.events, self._customer, list(year.customers[number - 1].aliases))
        self._events = [landed.events[place] for place in places]
        self._until = [sum(place < until for place in places) for until in landed.until]

    @property
    def open(self) -> list[Slot]:
        return sorted({*self._drafts, *self._void})

    def pass_nights(self) -> None:
        """Goes through all nights; then counts what was late."""
        for at, night in enumerate(self._year.nights):
            if night.edits and night.failure is not Failure.CATALOG:
                night.edit(self._workspace)
                self._keep_to_oneself()
                if CONTRACTS in night.edits:
                    self._known_months.clear()
            if night.failure is None:
                self._succeed(at, night)
            else:
                assert not night.actions, "a night that fails has no actions"
        for each in self.final:
            each.late_events = self._late(each)

    def _succeed(self, at: int, night: Night) -> None:
        """What a night that succeeds does: finds what there is to bill, finalizes what is due, does its actions."""
        period = f"{night.now:%Y-%m}"
        if period not in self._known_months:
            self._known_months.add(period)
            for slot in self._slots(period) - self._known:
                self._known.add(slot)
                self._drafts[slot] = 0
        due = sorted((slot for slot in self._drafts if slot.finalizes_at <= night.now), key=lambda each: each.period)
        for period in dict.fromkeys(slot.period for slot in due):
            self._finalize(period, [slot for slot in due if slot.period == period], at, night)
        for action in night.actions:
            if action.customer == self._number:
                self._act(action.do, action.starting_at, night.now)

    def _finalize(self, period: str, due: Sequence[Slot], at: int, night: Night) -> None:
        billed = self._bill(period, self._events[: self._until[at]])
        self._history[period] = billed.history
        totals = {_slot_of(invoice): invoice["total"] for invoice in billed.invoices}
        for slot in due:
            generation = self._drafts.pop(slot)
            lines = [named(line, LINE_COLUMNS) for line in billed.lines if _slot_of_line(line) == slot]
            self.final.append(FinalInvoice(slot, self._customer, generation, night.now, totals[slot], lines))

    def _act(self, do: Do, starting_at: datetime, now: datetime) -> None:
        (latest,) = [
            each
            for each in self.final
            if each.slot.starting_at == starting_at and each.generation == self._generation(each.slot)
        ]
        if latest.voided_at is None:
            latest.voided_at = now
            self._void.add(latest.slot)
        if do is Do.REGENERATE:
            self._void.remove(latest.slot)
            self._drafts[latest.slot] = latest.generation + 1

    def _generation(self, slot: Slot) -> int:
        return max(each.generation for each in self.final if each.slot == slot)

    def _slots(self, period: str) -> set[Slot]:
        """What there is to bill in a month, whatever was used in it; no contract waits for the months before."""
        if not (self._workspace / PEOPLE).read_text(encoding="utf-8"):
            return set()
        before = sorted({f"{night.now:%Y-%m}" for night in self._year.nights if f"{night.now:%Y-%m}" < period})
        contracts = read_catalog(self._workspace)["contracts"].items()
        billed = {
            (name, end) for name, terms in contracts for each in before for _, end in statement_periods(terms, each)
        }
        empty = bill(self._workspace, [], period, SQL_FUNCTIONS, earlier=History(billed=frozenset(billed)))
        return {_slot_of(invoice) for invoice in empty.invoices}

    def _bill(self, period: str, events: Sequence[Event]) -> Bill:
        first, last = month(period)
        # No statement is longer than a quarter, so what lies further back cannot matter.
        near = [event for event in events if first - timedelta(days=93) <= event["timestamp"] < last]
        before = [self._history[each] for each in sorted(self._history) if each < period]
        return bill(self._workspace, near, period, SQL_FUNCTIONS, earlier=before[-1] if before else NOTHING)

    def _late(self, final: FinalInvoice) -> int:
        start, end = final.slot.starting_at, final.slot.ending_before
        if start is None or end is None:
            return 0
        return sum(
            start <= event["timestamp"] < end and event["ingested_at"] > final.finalized_at for event in self._events
        )

    def _keep_to_oneself(self) -> None:
        """Cuts the catalog of the workspace to this customer."""
        for name, key in ((PEOPLE, '"id"'), (CONTRACTS, '"customer_id"')):
            path = self._workspace / name
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            kept = [line for line in lines if f'{key}: "{self._customer}"' in line]
            path.write_text("".join(kept), encoding="utf-8", newline="\n")


def _places_of(events: Sequence[Event], customer: str, aliases: Sequence[str]) -> list[int]:
    senders = {customer, *aliases}
    return [place for place, event in enumerate(events) if event["customer_id"] in senders]


def _slot_of(invoice: Mapping[str, Any]) -> Slot:
    return Slot(
        invoice["contract"], invoice["type"], invoice["starting_at"], invoice["ending_before"], invoice["issued_at"]
    )


def _slot_of_line(line: Mapping[str, Any]) -> Slot:
    return Slot(
        line["contract"],
        line["invoice_type"],
        line["period_starting_at"],
        line["period_ending_before"],
        line["issued_at"],
    )
