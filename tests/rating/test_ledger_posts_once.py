"""Over consecutive monthly runs the ledger has every entry once, whatever the statement schedules."""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from random import Random

import duckdb
import pytest

from engine.executors.connection import EngineSettings, connect
from engine.values.period import Period
from tests.rating.balance_runs import BalanceRow, BalanceRuns, DrawRow, ManualRow, SegmentRow
from tests.rating.recurring import ContractRow, Row, months, statement_anchor

FIRST = datetime(2024, 1, 1)
RUNS = months("2024-01", 24)
HOUR = timedelta(hours=1)
CUSTOMERS = 100


def statement_periods(contract: ContractRow) -> list[tuple[datetime, datetime]]:
    """The statement periods of a contract that end before 2026, worked out one by one."""
    bounds = [_stepped(statement_anchor(contract), contract.frequency, number) for number in range(-160, 161)]
    last = contract.ending_before or datetime(2100, 1, 1)
    cut = [(max(start, contract.starting_at), min(end, last)) for start, end in pairwise(bounds)]
    return [(start, end) for start, end in cut if start < end and end.year < 2026]


def _stepped(anchor: datetime, frequency: str, number: int) -> datetime:
    if frequency == "WEEKLY":
        return anchor + timedelta(days=7 * number)
    month = anchor.month - 1 + number * {"MONTHLY": 1, "QUARTERLY": 3, "ANNUAL": 12}[frequency]
    year, month = anchor.year + month // 12, month % 12 + 1
    return anchor.replace(year=year, month=month, day=min(anchor.day, calendar.monthrange(year, month)[1]))


def run_that_holds(moment: datetime) -> str:
    return next((each.label for each in RUNS if each.starting_at <= moment < each.ending_before), "later")


def run_that_reaches(moment: datetime) -> str:
    return next((each.label for each in RUNS if each.starting_at < moment <= each.ending_before), "later")


class Market:
    """Customers with two contracts and one balance each, drawn by random statements, and what the ledger must say."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.contracts: list[ContractRow] = []
        self.balances: list[BalanceRow] = []
        self.draws: list[DrawRow] = []
        self.manual: list[ManualRow] = []
        self.expected: list[Row] = []
        self._segment_no = 0
        for _ in range(CUSTOMERS):
            self._add_customer()

    def _instant(self, days: int) -> datetime:
        """On the hour, within so many days of the first run; often at the start of a month, where runs meet."""
        if self.random.random() < 0.3:
            return datetime(2024, self.random.randint(1, 8), 1)
        return FIRST + self.random.randint(0, days * 24) * HOUR

    def _contract(self) -> ContractRow:
        start = FIRST + timedelta(days=self.random.randint(-300, 120))
        ends = self.random.random() < 0.4
        return ContractRow(
            start,
            start + timedelta(days=self.random.randint(1, 500)) if ends else None,
            frequency=self.random.choice(["WEEKLY", "MONTHLY", "MONTHLY", "QUARTERLY", "ANNUAL"]),
            billing_anchor_date=start - timedelta(days=self.random.randint(0, 31)),
            consolidates_charges=self.random.random() < 0.5,
        )

    def _add_customer(self) -> None:
        first = len(self.contracts)
        self.contracts += [self._contract(), self._contract()]
        drawing = self.random.choice([(first,), (first + 1,), (first, first + 1)])
        kind = self.random.choice(["PREPAID", "POSTPAID", "CREDIT"])
        segments = [self._segment() for _ in range(1 if kind == "POSTPAID" else 2)]
        charged_at = None
        if kind == "POSTPAID":
            ends = [end for _, end in statement_periods(self.contracts[drawing[0]]) if end >= FIRST]
            charged_at = self.random.choice([*ends[:12], segments[0].ending_before, self._instant(400)])
        removed = charged_at is not None and self.random.random() < 0.2
        self.balances.append(BalanceRow(kind, segments, drawing, charged_at=charged_at, is_removed=removed))
        for segment in segments:
            self._add_entries(self.balances[-1], segment)
            self._segment_no += 1

    def _segment(self) -> SegmentRow:
        start = self._instant(240)
        amount = Decimal(self.random.randint(1, 10**6)).scaleb(-self.random.randint(0, 8))
        return SegmentRow(amount, start, start + self.random.randint(1, 24 * 120) * HOUR)

    def _add_entries(self, balance: BalanceRow, segment: SegmentRow) -> None:
        """Draws and corrections in the order in which runs come to them, and every entry with the run that posts it."""
        prefix = "CREDIT_" if balance.kind == "CREDIT" else f"{balance.kind}_COMMIT_"
        granted = "INITIAL_BALANCE" if balance.kind == "POSTPAID" else "SEGMENT_START"
        start, end = segment.starting_at, segment.ending_before
        assert segment.amount is not None
        self._expect(run_that_holds(start), prefix + granted, start, segment.amount)
        hours = (end - start) // HOUR
        manual = [
            ManualRow(self._segment_no, start + self.random.randrange(hours) * HOUR, self._signed(segment.amount))
            for _ in range(self.random.choice([0, 0, 1, 2]))
        ]
        self.manual += manual
        for entry in manual:
            self._expect(run_that_holds(entry.entry_at), prefix + "MANUAL", entry.entry_at, entry.amount)
        left, settled_at = segment.amount + sum(each.amount for each in manual), end
        for contract_no, opens, until in self._statements(balance.contracts, segment):
            settled_at = max(settled_at, until)
            run = next((each for each in RUNS if each.starting_at < until <= each.ending_before), None)
            taken = self._taken(left, manual, run)
            if taken > 0:
                left -= taken
                starts = max(opens, start)
                self.draws.append(DrawRow(self._segment_no, until, taken, contract_no, starts))
                self._expect(run_that_reaches(until), prefix + "AUTOMATED_INVOICE_DEDUCTION", min(until, end), -taken)
        if left > 0:
            self._expect_end(balance, prefix, end, settled_at, left)

    def _statements(self, contracts: Sequence[int], segment: SegmentRow) -> Iterator[tuple[int, datetime, datetime]]:
        found = [
            (until, contract_no, opens)
            for contract_no in contracts
            for opens, until in statement_periods(self.contracts[contract_no])
            if opens < segment.ending_before and segment.starting_at < until
        ]
        return ((contract_no, opens, until) for until, contract_no, opens in sorted(found))

    def _signed(self, amount: Decimal) -> Decimal:
        return amount * self.random.choice([Decimal("0.5"), Decimal("-0.25"), Decimal("-1.5")])

    def _taken(self, left: Decimal, manual: Sequence[ManualRow], run: Period | None) -> Decimal:
        """Some of what is there for a run, all of it, or nothing."""
        if run is None or self.random.random() < 0.3:
            return Decimal(0)
        there = left - sum(each.amount for each in manual if each.entry_at >= run.ending_before)
        below = [sum(each.amount for each in manual if each.amount < 0), Decimal(0)]
        return max(Decimal(0), there + min(below)) * self.random.choice([Decimal("0.3"), Decimal("0.01"), Decimal(1)])

    def _expect_end(self, balance: BalanceRow, prefix: str, end: datetime, settled_at: datetime, left: Decimal) -> None:
        charged_at = balance.charged_at
        if charged_at is None or balance.is_removed:
            self._expect(run_that_reaches(settled_at), prefix + "EXPIRATION", end, -left)
            return
        contract = self.contracts[balance.contracts[0]]
        on_usage = contract.consolidates_charges and charged_at in [until for _, until in statement_periods(contract)]
        due = run_that_reaches(charged_at) if on_usage else run_that_holds(charged_at)
        if charged_at < FIRST or (on_usage and charged_at == FIRST):
            due = RUNS[0].label
        self._expect(max(due, run_that_reaches(settled_at)), prefix + "TRUEUP", max(charged_at, end), -left)

    def _expect(self, run: str, type: str, moment: datetime, amount: Decimal) -> None:
        if run != "later":
            self.expected.append((run, self._segment_no, type, moment, amount))


@pytest.fixture
def connection(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    return connect(EngineSettings(threads=1), tmp_path)


@pytest.mark.parametrize("seed", [1, 2])
def test_every_entry_is_posted_by_exactly_one_run(seed: int, connection: duckdb.DuckDBPyConnection) -> None:
    market = Market(seed)
    runs = BalanceRuns(connection, market.contracts, market.balances, market.draws, market.manual)
    found: list[Row] = []
    closing: dict[object, object] = {}
    for period in RUNS:
        runs.run(period)
        found += [(period.label, *row[:-1]) for row in runs.entries()]
        opened = runs.rows("SELECT segment_id, opening, closing FROM segment_balances")
        for segment_id, opening, closes in opened:
            assert closing.get(segment_id, 0) == opening
            closing[segment_id] = closes
        # A segment is missing only before it is granted and after it is closed.
        missing = set(closing) - {row[0] for row in opened}
        assert all(_at_most_zero(closing[segment_id]) for segment_id in missing)
    assert Counter(found) == Counter(market.expected)
    assert len({row[2] for row in found}) == 13, "four types of entries of each kind of balance, and the true-up"


def _at_most_zero(amount: object) -> bool:
    return isinstance(amount, Decimal) and amount <= 0
