"""Subscriptions and scheduled charges as small tables, and the stages that bill them, a run at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import duckdb
import pyarrow as pa

from engine.executors.duckdb import DuckDBExecutor
from engine.rating.arrow_tables import INSTANT, arrow_table
from engine.rating.closed import NOTHING_CLOSED, closed_inputs
from engine.rating.pipeline import Stage
from engine.values.period import ALWAYS, Period

Row = tuple[object, ...]


def at(text: str) -> datetime:
    """`2025-06-01` or `2025-06-01T12` as an instant."""
    return datetime.fromisoformat(text)


def month(text: str) -> Period:
    """`2025-06` as the billing period."""
    year, number = map(int, text.split("-"))
    return Period(datetime(year, number, 1), datetime(year + number // 12, number % 12 + 1, 1))


def months(first: str, count: int) -> list[Period]:
    """`count` billing periods one after another."""
    found = [month(first)]
    while len(found) < count:
        found.append(month(found[-1].ending_before.strftime("%Y-%m")))
    return found


@dataclass(frozen=True)
class ContractRow:
    """A contract as the stages see it; its statement schedule is monthly from its start unless said."""

    starting_at: datetime
    ending_before: datetime | None = None
    frequency: str = "MONTHLY"
    schedule_day: str = "FIRST_OF_MONTH"
    billing_anchor_date: datetime | None = None
    consolidates_charges: bool = False


@dataclass(frozen=True)
class SubscriptionRow:
    """A subscription as the stages see it: an advance monthly one, prorated, increases billed at once."""

    quantities: Sequence[tuple[datetime, Decimal | int]]
    starting_at: datetime
    anchor_at: datetime
    ending_before: datetime = ALWAYS.ending_before
    billing_frequency: str = "MONTHLY"
    collection_schedule: str = "ADVANCE"
    is_prorated: bool = True
    bill_immediately: bool = True
    rounding_method: str | None = None
    rounding_places: int | None = None
    on_usage_invoice: bool = True
    contract_no: int = 0


@dataclass(frozen=True)
class ChargeRow:
    """An occurrence of a scheduled charge, of a discount when the amount is negative, or of what a balance costs."""

    charged_at: datetime
    unit_price: Decimal
    quantity: Decimal = Decimal(1)
    contract_no: int = 0
    occurrence_no: int = 1
    balance_id: str | None = None


@dataclass(frozen=True)
class Price:
    """What is in force when a billing period starts: a list price, and what an override makes of it."""

    list_price: Decimal | None
    multiplier: Decimal | None = None
    overwritten: Decimal | None = None
    entitled: bool = True

    @property
    def override_type(self) -> str | None:
        if self.overwritten is not None:
            return "OVERWRITE"
        return None if self.multiplier is None else "MULTIPLIER"

    @property
    def outcome(self) -> str:
        if self.list_price is None and self.overwritten is None:
            return "unrated"
        return "billed" if self.entitled else "not_entitled"


_GRAINS = {
    "statement_windows": ("contract_id", "period_starting_at"),
    "statement_periods": ("contract_id", "period_starting_at"),
    "subscription_parts": ("subscription_no", "priced_at", "starting_at"),
    "subscription_lines": ("invoice_id", "line_key"),
    "subscription_unbilled": ("subscription_no", "starting_at"),
    "scheduled_lines": ("invoice_id", "line_key"),
    "scheduled_invoices": ("invoice_id",),
}


class RecurringRuns:
    """One catalog of contracts, subscriptions and charges, billed run after run on one connection."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        contracts: Sequence[ContractRow],
        subscriptions: Sequence[SubscriptionRow] = (),
        charges: Sequence[ChargeRow] = (),
        price: Callable[[datetime], Price] = lambda priced_at: Price(Decimal(100)),
    ) -> None:
        self.connection = connection
        self._executor = DuckDBExecutor(connection)
        self._price = price
        for name, table in closed_inputs(NOTHING_CLOSED).items():
            self._executor.load(name, table)
        self._executor.load("contracts", _contracts(contracts))
        self._executor.load("subscriptions", _subscriptions(subscriptions))
        self._executor.load("subscription_quantities", _quantities(subscriptions))
        self._executor.load("scheduled_charges", _charges(charges))

    def run(self, period: Period) -> None:
        """Leaves the tables of this run's stages on the connection."""
        self._executor.load(
            "billing_period",
            arrow_table(starting_at=(INSTANT, [period.starting_at]), ending_before=(INSTANT, [period.ending_before])),
        )
        for name in ("statement_windows", "statement_periods", "subscription_parts"):
            self.stage(name)
        self._load_prices()
        for name in ("subscription_lines", "subscription_unbilled", "scheduled_lines", "scheduled_invoices"):
            self.stage(name)

    def rows(self, sql: str) -> list[Row]:
        return [tuple(row) for row in self.connection.execute(sql).fetchall()]

    def stage(self, name: str) -> None:
        """Runs one stage, in place of what it left before."""
        self.connection.execute(f"DROP TABLE IF EXISTS {name}")
        self._executor.run_stage(Stage(name, _GRAINS[name]))

    def _load_prices(self) -> None:
        """A rate and an override of its own for each price that a part of this run needs."""
        wanted = self.rows(
            "SELECT DISTINCT contract_id, product_id, billing_frequency, priced_at FROM subscription_parts ORDER BY ALL"
        )
        prices = [self._price(row[3]) for row in wanted if isinstance(row[3], datetime)]
        numbered = list(enumerate(prices))
        listed = [(n, None, each.list_price) for n, each in numbered if each.list_price is not None]
        own = [(None, n, each.overwritten) for n, each in numbered if each.overwritten is not None]
        self._executor.load(
            "prices_in_force",
            arrow_table(
                contract_id=(pa.string(), [row[0] for row in wanted]),
                product_id=(pa.string(), [row[1] for row in wanted]),
                billing_frequency=(pa.string(), [row[2] for row in wanted]),
                priced_at=(INSTANT, [row[3] for row in wanted]),
                rate_no=(pa.int64(), [None if each.list_price is None else n for n, each in numbered]),
                price_override_no=(pa.int64(), [None if each.override_type is None else n for n, each in numbered]),
                override_reason=(pa.string(), [each.override_type and "only override" for each in prices]),
                outcome=(pa.string(), [each.outcome for each in prices]),
            ),
        )
        self._executor.load(
            "price_tiers",
            arrow_table(
                rate_no=(pa.int64(), [*(n for n, _, _ in listed), *(None for _ in own)]),
                override_no=(pa.int64(), [*(None for _ in listed), *(n for _, n, _ in own)]),
                tier_level=(pa.int32(), [None] * (len(listed) + len(own))),
                price=(pa.decimal128(38, 8), [price for _, _, price in (*listed, *own)]),
            ),
        )
        self._executor.load(
            "overrides",
            arrow_table(
                override_no=(pa.int64(), range(len(prices))),
                override_id=(pa.string(), [f"override {n}" for n, _ in numbered]),
                override_type=(pa.string(), [each.override_type for each in prices]),
                multiplier=(pa.decimal128(38, 4), [each.multiplier for each in prices]),
            ),
        )


def statement_anchor(contract: ContractRow) -> datetime:
    start = contract.starting_at
    if contract.billing_anchor_date is not None:
        return contract.billing_anchor_date
    if contract.schedule_day == "CONTRACT_START":
        return start
    first_month = (start.month - 1) // 3 * 3 + 1 if contract.frequency == "QUARTERLY" else start.month
    return datetime(start.year, first_month, 1)


def _contracts(contracts: Sequence[ContractRow]) -> pa.Table:
    numbers = range(len(contracts))
    return arrow_table(
        contract_id=(pa.string(), [f"contract {number}" for number in numbers]),
        customer_id=(pa.string(), [f"customer {number}" for number in numbers]),
        rate_card_id=(pa.string(), ["card"] * len(contracts)),
        starting_at=(INSTANT, [each.starting_at for each in contracts]),
        ending_before=(INSTANT, [each.ending_before for each in contracts]),
        frequency=(pa.string(), [each.frequency for each in contracts]),
        anchor_at=(INSTANT, [statement_anchor(each) for each in contracts]),
        invoices_from=(INSTANT, [None] * len(contracts)),
        consolidates_charges=(pa.bool_(), [each.consolidates_charges for each in contracts]),
    )


def _subscriptions(rows: Sequence[SubscriptionRow]) -> pa.Table:
    return arrow_table(
        subscription_no=(pa.int32(), range(len(rows))),
        subscription_id=(pa.string(), [f"subscription {number}" for number in range(len(rows))]),
        contract_id=(pa.string(), [f"contract {each.contract_no}" for each in rows]),
        subscription_name=(pa.string(), [None] * len(rows)),
        product_id=(pa.string(), ["seats"] * len(rows)),
        billing_frequency=(pa.string(), [each.billing_frequency for each in rows]),
        starting_at=(INSTANT, [each.starting_at for each in rows]),
        ending_before=(INSTANT, [each.ending_before for each in rows]),
        anchor_at=(INSTANT, [each.anchor_at for each in rows]),
        collection_schedule=(pa.string(), [each.collection_schedule for each in rows]),
        is_prorated=(pa.bool_(), [each.is_prorated for each in rows]),
        bill_immediately=(pa.bool_(), [each.bill_immediately for each in rows]),
        rounding_method=(pa.string(), [each.rounding_method for each in rows]),
        rounding_places=(pa.int32(), [each.rounding_places for each in rows]),
        on_usage_invoice=(pa.bool_(), [each.on_usage_invoice for each in rows]),
        custom_fields=(pa.string(), [None] * len(rows)),
    )


def _quantities(rows: Sequence[SubscriptionRow]) -> pa.Table:
    steps = [(number, *step) for number, each in enumerate(rows) for step in each.quantities]
    return arrow_table(
        subscription_no=(pa.int32(), [number for number, _, _ in steps]),
        starting_at=(INSTANT, [moment for _, moment, _ in steps]),
        quantity=(pa.decimal128(38, 8), [Decimal(quantity) for _, _, quantity in steps]),
    )


def _charges(rows: Sequence[ChargeRow]) -> pa.Table:
    charges = [row.unit_price >= 0 if row.balance_id is None else None for row in rows]
    return arrow_table(
        scheduled_charge_id=(pa.string(), [f"charge {n}" if each else None for n, each in enumerate(charges)]),
        discount_id=(pa.string(), [f"discount {n}" if each is False else None for n, each in enumerate(charges)]),
        balance_id=(pa.string(), [each.balance_id for each in rows]),
        contract_id=(pa.string(), [f"contract {each.contract_no}" for each in rows]),
        product_id=(pa.string(), ["fee"] * len(rows)),
        charge_name=(pa.string(), [None] * len(rows)),
        charged_at=(INSTANT, [each.charged_at for each in rows]),
        occurrence_no=(pa.int32(), [each.occurrence_no for each in rows]),
        quantity=(pa.decimal128(38, 18), [each.quantity for each in rows]),
        unit_price=(pa.decimal128(38, 18), [each.unit_price for each in rows]),
        total=(pa.decimal128(38, 26), [each.quantity * each.unit_price for each in rows]),
        custom_fields=(pa.string(), [None] * len(rows)),
    )
