"""Balances with hand-written draws as small tables, and the stages that keep their account, a run at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

import duckdb
import pyarrow as pa

from engine.executors.duckdb import DuckDBExecutor
from engine.rating.arrow_tables import INSTANT, arrow_table
from engine.rating.pipeline import Stage, check_sql
from engine.rating.schedule import GRACE
from engine.values.period import Period
from tests.rating.recurring import ContractRow, RecurringRuns, Row, at, months

AMOUNT = pa.decimal128(38, 26)
NUMBER = pa.decimal128(38, 18)

CHECKS = ("balances_roll_forward", "draws_are_applied", "balances_stay_in_bounds")

#: The stages under test, in their order, with their grains.
STAGES = {
    "statement_windows": ("contract_id", "period_starting_at"),
    "statement_periods": ("contract_id", "period_starting_at"),
    "segment_settlement": ("segment_no",),
    "rollover_limits": ("to_segment_no",),
    "segment_movements": ("segment_no",),
    "segment_rollovers": ("from_segment_no", "to_segment_no"),
    "segment_ends": ("segment_no",),
    "trueup_lines": ("invoice_id", "line_key"),
    "deductions": ("segment_no", "invoice_id"),
    "ledger": ("id",),
    "segment_balances": ("segment_id",),
}


@dataclass(frozen=True)
class SegmentRow:
    """A segment; the amount is None for a rollover that a run finds out."""

    amount: Decimal | None
    starting_at: datetime
    ending_before: datetime
    granted_as: str = "SEGMENT_START"


@dataclass(frozen=True)
class BalanceRow:
    """A balance of a customer, with its segments and the contracts that may draw on it."""

    kind: str
    segments: Sequence[SegmentRow]
    contracts: Sequence[int] = (0,)
    access_type: str = "SPEND"
    charged_at: datetime | None = None
    is_removed: bool = False


@dataclass(frozen=True)
class DrawRow:
    """What one line of the usage invoice that ends at `billed_until` takes from a segment."""

    segment_no: int
    billed_until: datetime
    taken: Decimal
    contract_no: int = 0
    starting_at: datetime | None = None
    unit_price: Decimal = Decimal(1)
    line_type: str = "usage"


@dataclass(frozen=True)
class ManualRow:
    segment_no: int
    entry_at: datetime
    amount: Decimal


@dataclass(frozen=True)
class RolloverRow:
    from_segment_no: int
    to_segment_no: int
    rolled_at: datetime
    fraction: Decimal


@dataclass
class BalanceRuns:
    """One catalog of balances, and what its lines draw, accounted for run after run on one connection.

    Each run is published: what it draws and what rolls over is known to the next. `known_rollovers` are the rollovers
    that a run's lines may draw on, with what the drawing found them to be.
    """

    connection: duckdb.DuckDBPyConnection
    contracts: Sequence[ContractRow]
    balances: Sequence[BalanceRow]
    draws: Sequence[DrawRow] = ()
    manual: Sequence[ManualRow] = ()
    rollovers: Sequence[RolloverRow] = ()
    parked: Sequence[int] = ()
    known_rollovers: Mapping[int, Decimal] = field(default_factory=dict)
    drawn: dict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    rolled: dict[str, Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.segments = [
            (balance_no, segment) for balance_no, each in enumerate(self.balances) for segment in each.segments
        ]
        RecurringRuns(self.connection, self.contracts)
        self._executor = DuckDBExecutor(self.connection)
        self._load(
            balances=_balances(self.balances),
            balance_contracts=_balance_contracts(self.balances),
            trueups=_trueups(self.balances),
            rollovers=_rollovers(self.rollovers),
            customers=arrow_table(
                customer_id=(pa.string(), [f"customer {number}" for number in range(len(self.contracts))]),
                customer_name=(pa.string(), [f"Customer {number}" for number in range(len(self.contracts))]),
            ),
            credit_types=arrow_table(credit_type_id=(pa.string(), ["usd"]), credit_type_name=(pa.string(), ["USD"])),
            rate_cards=arrow_table(rate_card_id=(pa.string(), ["card"]), credit_type_id=(pa.string(), ["usd"])),
            product_orders=_nothing(rate_card_id=pa.string(), product_id=pa.string(), position=pa.int32()),
            product_meters=_nothing(
                product_id=pa.string(), one_segment=pa.bool_(), starting_at=INSTANT, ending_before=INSTANT
            ),
            earlier_releases=_nothing(segment_id=pa.string()),
            threshold_releases=_nothing(
                segment_id=pa.string(), contract_id=pa.string(), charged_at=INSTANT, kind=pa.string()
            ),
            parked=arrow_table(contract_id=(pa.string(), [f"contract {number}" for number in self.parked])),
        )

    def run(self, period: Period, checked: bool = True) -> None:
        """Leaves the tables of this run on the connection, and remembers what it has drawn."""
        drawn = [each for each in self.draws if period.starting_at < each.billed_until <= period.ending_before]
        segments = [
            (number, balance_no, each, self.rolled.get(f"segment {number}") if each.amount is None else each.amount)
            for number, (balance_no, each) in enumerate(self.segments)
            if each.starting_at <= period.ending_before
        ]
        self._load(
            billing_period=arrow_table(
                starting_at=(INSTANT, [period.starting_at]),
                ending_before=(INSTANT, [period.ending_before]),
                grace=(pa.duration("us"), [GRACE]),
            ),
            balance_segments=self._balance_segments(segments),
            segment_amounts=self._segment_amounts(segments, period),
            manual_entries=self._manual_entries(segments, period),
            draws=_draws(drawn),
            coverable_lines=_coverable_lines(drawn),
            drawn_invoices=_drawn_invoices(drawn),
            line_items=self._line_items(drawn),
        )
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE invoices AS "
            "SELECT invoice_id AS id, billed_until AS ending_before FROM drawn_invoices"
        )
        self._reach()
        for name, grain in STAGES.items():
            self.connection.execute(f"DROP TABLE IF EXISTS {name}")
            self._executor.run_stage(Stage(name, grain))
            if name == "trueup_lines":
                self._bill_trueups()
        if checked:
            for name in CHECKS:
                assert self.rows(check_sql(name)) == [], name
        for each in drawn:
            self.drawn[each.segment_no] += each.taken
        rolled = "SELECT new_balance_id, -sum(amount) FROM ledger WHERE new_balance_id IS NOT NULL GROUP BY ALL"
        for balance_id, amount in self.connection.execute(rolled).fetchall():
            number = next(n for n, (balance_no, _) in enumerate(self.segments) if balance_id == f"balance {balance_no}")
            self.rolled[f"segment {number}"] = amount

    def rows(self, sql: str) -> list[Row]:
        return [tuple(row) for row in self.connection.execute(sql).fetchall()]

    def entries(self) -> list[Row]:
        """(segment number, type, instant, amount, balance after) of this run's ledger, in its order."""
        return self.rows(
            'SELECT substring(segment_id, 9)::INTEGER, type, "timestamp", amount, balance_after FROM ledger'
        )

    def _load(self, **tables: pa.Table) -> None:
        for name, table in tables.items():
            self.connection.execute(f"DROP TABLE IF EXISTS {name}")
            self._executor.load(name, table)

    def _balance_segments(self, segments: Sequence[tuple[int, int, SegmentRow, Decimal | None]]) -> pa.Table:
        rows = [each for _, _, each, _ in segments]
        return arrow_table(
            segment_no=(pa.int32(), [number for number, _, _, _ in segments]),
            balance_no=(pa.int32(), [balance_no for _, balance_no, _, _ in segments]),
            segment_id=(pa.string(), [f"segment {number}" for number, _, _, _ in segments]),
            granted_as=(pa.string(), [each.granted_as for each in rows]),
            amount=(AMOUNT, [amount for _, _, _, amount in segments]),
            starting_at=(INSTANT, [each.starting_at for each in rows]),
            ending_before=(INSTANT, [each.ending_before for each in rows]),
            earlier_drawn=(AMOUNT, [self.drawn[number] for number, _, _, _ in segments]),
        )

    def _segment_amounts(
        self, segments: Sequence[tuple[int, int, SegmentRow, Decimal | None]], period: Period
    ) -> pa.Table:
        amounts = {number: amount for number, _, _, amount in segments if amount is not None}
        for number, amount in self.known_rollovers.items():
            if self.segments[number][1].starting_at < period.ending_before:
                amounts.setdefault(number, amount)
        return arrow_table(segment_no=(pa.int32(), list(amounts)), amount=(AMOUNT, list(amounts.values())))

    def _manual_entries(
        self, segments: Sequence[tuple[int, int, SegmentRow, Decimal | None]], period: Period
    ) -> pa.Table:
        numbers = {number for number, _, _, _ in segments}
        known = [
            (number, each)
            for number, each in enumerate(self.manual)
            if each.segment_no in numbers and each.entry_at < period.ending_before
        ]
        return arrow_table(
            entry_no=(pa.int32(), [number for number, _ in known]),
            segment_no=(pa.int32(), [each.segment_no for _, each in known]),
            amount=(AMOUNT, [each.amount for _, each in known]),
            entry_at=(INSTANT, [each.entry_at for _, each in known]),
            reason=(pa.string(), [f"reason {number}" for number, _ in known]),
        )

    def _line_items(self, draws: Sequence[DrawRow]) -> pa.Table:
        """What each draw covers, and the line that takes it off again."""
        rows = [(number, each, applied) for number, each in enumerate(draws) for applied in (False, True)]
        drawn = [each for _, each, _ in rows]
        units = [self.balances[self.segments[each.segment_no][0]].access_type == "QUANTITY" for each in drawn]
        worth = [
            each.taken * each.unit_price if counts else each.taken for each, counts in zip(drawn, units, strict=True)
        ]
        return arrow_table(
            id=(pa.string(), [f"{'applied' if applied else 'covered'} {number}" for number, _, applied in rows]),
            invoice_id=(pa.string(), [_invoice_id(each) for each in drawn]),
            contract_id=(pa.string(), [f"contract {each.contract_no}" for each in drawn]),
            product_id=(pa.string(), ["calls"] * len(rows)),
            billable_metric_id=(pa.string(), [None if applied else "calls" for _, _, applied in rows]),
            type=(pa.string(), ["applied_commit_or_credit" if off else each.line_type for _, each, off in rows]),
            starting_at=(INSTANT, [_line_starts(each, self.segments) for each in drawn]),
            ending_before=(INSTANT, [_line_starts(each, self.segments) + timedelta(hours=1) for each in drawn]),
            period_ending_before=(INSTANT, [_line_starts(each, self.segments) + timedelta(hours=1) for each in drawn]),
            total=(AMOUNT, [-each if row[2] else each for each, row in zip(worth, rows, strict=True)]),
            credit_type_id=(pa.string(), ["usd"] * len(rows)),
            commit_id=(pa.string(), [f"balance {self.segments[each.segment_no][0]}" for each in drawn]),
            commit_segment_id=(pa.string(), [f"segment {each.segment_no}" for each in drawn]),
            access_type=(pa.string(), ["QUANTITY" if counts else "SPEND" for counts in units]),
            quantity_consumed=(
                NUMBER,
                [each.taken if counts else None for each, counts in zip(drawn, units, strict=True)],
            ),
            origin_line_item_id=(pa.string(), [None] * len(rows)),
        )

    def _reach(self) -> None:
        self.connection.execute("""
            CREATE OR REPLACE TEMP TABLE balance_reach AS
            SELECT
                segment_no,
                balance_contracts.contract_id,
                NULL::VARCHAR AS product_id,
                credit_type_id,
                starting_at,
                ending_before
            FROM balance_segments
            JOIN balances USING (balance_no)
            JOIN balance_contracts USING (balance_no)
        """)

    def _bill_trueups(self) -> None:
        self.connection.execute("""
            INSERT INTO line_items BY NAME
            SELECT 'line of ' || line_key AS id, * EXCLUDE (
                customer_id, rate_card_id, line_key, charged_at, period_starting_at, period_ending_before, quantity,
                unit_price, charge_name, custom_fields, product_position, outcome
            )
            FROM trueup_lines
        """)


def segment(amount: int | str, first: str, until: str) -> SegmentRow:
    return SegmentRow(Decimal(amount), at(first), at(until))


def entries_of(runs: BalanceRuns, first: str, count: int) -> list[Row]:
    """(run, segment number, type, instant, amount, balance after) over consecutive runs."""
    found: list[Row] = []
    for period in months(first, count):
        runs.run(period)
        found += [(period.label, *row) for row in runs.entries()]
    return found


def _nothing(**columns: pa.DataType) -> pa.Table:
    return arrow_table(**{name: (kind, []) for name, kind in columns.items()})


def _invoice_id(draw: DrawRow) -> str:
    return f"invoice {draw.contract_no} {draw.billed_until:%Y-%m-%dT%H}"


def _line_starts(draw: DrawRow, segments: Sequence[tuple[int, SegmentRow]]) -> datetime:
    return draw.starting_at or segments[draw.segment_no][1].starting_at


def _balances(rows: Sequence[BalanceRow]) -> pa.Table:
    return arrow_table(
        balance_no=(pa.int32(), range(len(rows))),
        balance_id=(pa.string(), [f"balance {number}" for number in range(len(rows))]),
        kind=(pa.string(), [each.kind for each in rows]),
        balance_name=(pa.string(), [f"Balance {number}" for number in range(len(rows))]),
        product_id=(pa.string(), ["commit"] * len(rows)),
        customer_id=(pa.string(), [f"customer {min(each.contracts, default=0)}" for each in rows]),
        contract_id=(
            pa.string(),
            [f"contract {each.contracts[0]}" if len(each.contracts) == 1 else None for each in rows],
        ),
        access_type=(pa.string(), [each.access_type for each in rows]),
        credit_type_id=(pa.string(), [None if each.access_type == "QUANTITY" else "usd" for each in rows]),
        custom_fields=(pa.string(), ["{}"] * len(rows)),
    )


def _balance_contracts(rows: Sequence[BalanceRow]) -> pa.Table:
    pairs = [(number, contract_no) for number, each in enumerate(rows) for contract_no in each.contracts]
    return arrow_table(
        balance_no=(pa.int32(), [number for number, _ in pairs]),
        contract_id=(pa.string(), [f"contract {contract_no}" for _, contract_no in pairs]),
    )


def _trueups(rows: Sequence[BalanceRow]) -> pa.Table:
    charged = [(number, each) for number, each in enumerate(rows) if each.charged_at is not None]
    return arrow_table(
        balance_no=(pa.int32(), [number for number, _ in charged]),
        contract_id=(pa.string(), [f"contract {each.contracts[0]}" for _, each in charged]),
        charged_at=(INSTANT, [each.charged_at for _, each in charged]),
        is_removed=(pa.bool_(), [each.is_removed for _, each in charged]),
    )


def _rollovers(rows: Sequence[RolloverRow]) -> pa.Table:
    return arrow_table(
        from_segment_no=(pa.int32(), [each.from_segment_no for each in rows]),
        to_segment_no=(pa.int32(), [each.to_segment_no for each in rows]),
        rolled_at=(INSTANT, [each.rolled_at for each in rows]),
        fraction=(NUMBER, [each.fraction for each in rows]),
    )


def _draws(rows: Sequence[DrawRow]) -> pa.Table:
    return arrow_table(
        line_no=(pa.int64(), range(len(rows))),
        segment_no=(pa.int32(), [each.segment_no for each in rows]),
        taken=(AMOUNT, [each.taken for each in rows]),
    )


def _coverable_lines(rows: Sequence[DrawRow]) -> pa.Table:
    return arrow_table(
        line_no=(pa.int64(), range(len(rows))),
        invoice_id=(pa.string(), [_invoice_id(each) for each in rows]),
        contract_id=(pa.string(), [f"contract {each.contract_no}" for each in rows]),
    )


def _drawn_invoices(rows: Sequence[DrawRow]) -> pa.Table:
    invoices = {_invoice_id(each): each for each in sorted(rows, key=lambda each: each.billed_until)}
    return arrow_table(
        invoice_no=(pa.int64(), range(len(invoices))),
        invoice_id=(pa.string(), list(invoices)),
        contract_id=(pa.string(), [f"contract {each.contract_no}" for each in invoices.values()]),
        billed_until=(INSTANT, [each.billed_until for each in invoices.values()]),
    )
