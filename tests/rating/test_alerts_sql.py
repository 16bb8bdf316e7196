"""Who crosses the threshold of an alert, and when (spec/rating.md §13, T-33)."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from engine.catalog.alert import Alert
from engine.catalog.catalog import Catalog
from engine.catalog.credit_type import USD_CENTS
from engine.executors.connection import EngineSettings, connect
from engine.executors.duckdb import DuckDBExecutor
from engine.rating.alert_inputs import alert_inputs
from engine.rating.pipeline import Stage
from tests.rating.recurring import Row, at

TABLES = f"""
    CREATE TABLE billing_period AS
        SELECT '2025-06-01'::TIMESTAMP AS starting_at, '2025-07-01'::TIMESTAMP AS ending_before;
    CREATE TABLE customers AS SELECT unnest(['acme', 'birch']) AS customer_id, customer_id.upper() AS customer_name;
    CREATE TABLE contracts AS
        SELECT unnest(['acme', 'birch', 'acme']) AS customer_id, unnest(['us', 'us', 'us']) AS rate_card_id;
    CREATE TABLE rate_cards AS
        SELECT unnest(['us', 'eu']) AS rate_card_id, unnest(['{USD_CENTS}', 'EUR']) AS credit_type_id;
    CREATE TABLE credit_types AS
        SELECT unnest(['{USD_CENTS}', 'EUR', 'ai']) AS credit_type_id, unnest(['USD', 'EUR', 'AI']) AS credit_type_name;
    CREATE TABLE line_items (
        customer_id VARCHAR, type VARCHAR, ending_before TIMESTAMP, total DECIMAL(38, 26), credit_type_id VARCHAR,
        starting_at TIMESTAMP, origin_line_item_id VARCHAR, invoice_id VARCHAR);
    CREATE TABLE invoices (
        id VARCHAR, customer_id VARCHAR, type VARCHAR, ending_before TIMESTAMP, issued_at TIMESTAMP,
        total DECIMAL(38, 26), credit_type_id VARCHAR, status VARCHAR);
    CREATE TABLE segment_balances (
        customer_id VARCHAR, kind VARCHAR, segment_id VARCHAR, credit_type_id VARCHAR, starting_at TIMESTAMP,
        ending_before TIMESTAMP, opening DECIMAL(38, 26));
    CREATE TABLE balance_segments (segment_no INTEGER, segment_id VARCHAR, amount DECIMAL(38, 26));
    CREATE TABLE segment_amounts (segment_no INTEGER, amount DECIMAL(38, 26));
    CREATE TABLE ledger (segment_id VARCHAR, type VARCHAR, timestamp TIMESTAMP, amount DECIMAL(38, 26));
"""

JUNE_10 = "2025-06-10"
JULY_1 = "2025-07-01"


class Alerts:
    """A June run in tables made by hand: what was published of it, and who is watched for what."""

    def __init__(self, folder: Path) -> None:
        self.connection: duckdb.DuckDBPyConnection = connect(EngineSettings(threads=1), folder)
        self.executor = DuckDBExecutor(self.connection)
        self.connection.execute(TABLES)
        self._alerts: list[Alert] = []

    def watch(self, alert_type: str, threshold: object, **more: object) -> None:
        name = f"alert {len(self._alerts)}"
        given = {"id": name, "name": name, "alert_type": alert_type, "threshold": threshold}
        self._alerts.append(Alert.model_validate(given | more))

    def line(
        self,
        total: object,
        *,
        until: str | None = JULY_1,
        kind: str = "usage",
        customer: str = "acme",
        unit: str = USD_CENTS,
        origin: str | None = None,
        invoice: str = "",
    ) -> None:
        self.add("line_items", (customer, kind, until, Decimal(str(total)), unit, "2025-06-03", origin, invoice))

    def invoice(
        self, total: object, until: str | None, issued: str, kind: str = "USAGE", status: str = "DRAFT"
    ) -> None:
        number = len(self.rows("FROM invoices"))
        self.add("invoices", (f"invoice {number}", "acme", kind, until, issued, Decimal(str(total)), USD_CENTS, status))

    def segment(
        self,
        granted: object,
        opening: object | None,
        *entries: tuple[str, str, object],
        kind: str = "CREDIT",
        until: str = "2026-01-01",
        customer: str = "acme",
        unit: str | None = USD_CENTS,
    ) -> None:
        """A segment that was there before with `opening`, or is granted by the first of its entries."""
        number = len(self.rows("FROM balance_segments"))
        name = f"segment {number}"
        start = "2025-01-01" if opening is not None else entries[0][1]
        self.add("segment_balances", (customer, kind, name, unit, start, until, Decimal(str(opening or 0))))
        self.add("balance_segments", (number, name, Decimal(str(granted))))
        for event, moment, amount in entries:
            self.add("ledger", (name, f"{kind}_{event}", moment, Decimal(str(amount))))

    def add(self, table: str, row: tuple[object, ...]) -> None:
        marks = ", ".join("?" * len(row))
        self.connection.execute(f"INSERT INTO {table} VALUES ({marks})", row)

    def rows(self, sql: str) -> list[Row]:
        return [tuple(row) for row in self.connection.execute(sql).fetchall()]

    def crossed(self) -> list[Row]:
        """(alert, customer, value, when) of everyone who crossed."""
        for name, table in alert_inputs(Catalog(alerts=tuple(self._alerts))).items():
            self.executor.load(name, table)
        self.executor.run_stage(Stage("alerts", ("alert_id", "customer_id", "credit_type_id")))
        return self.rows("SELECT alert_name, customer_id, plain_number(value), crossed_at FROM alerts ORDER BY ALL")


@pytest.fixture
def alerts(tmp_path: Path) -> Alerts:
    return Alerts(tmp_path)


SPEND = "spend_threshold_reached"
DEDUCTION = "AUTOMATED_INVOICE_DEDUCTION"


def test_purchases_are_no_spend(alerts: Alerts) -> None:
    """T-33: 7,000 of usage and 3,000 for a commit do not reach 10,000."""
    alerts.watch(SPEND, 10_000)
    alerts.line(7_000)
    alerts.line(3_000, kind="commit_purchase")
    assert alerts.crossed() == []


def test_spend_counts_what_balances_cover_and_nothing_twice(alerts: Alerts) -> None:
    alerts.watch(SPEND, 10_000)
    alerts.line(6_000)
    alerts.line(-6_000, kind="applied_commit_or_credit")
    alerts.line("3999.99", kind="subscription")
    for kind, more in (
        ("scheduled", {}),
        ("cpu_conversion", {}),
        ("usage", {"origin": "x"}),
        ("usage", {"unit": "ai"}),
    ):
        alerts.line(5_000, kind=kind, **more)
    alerts.line(9_999, customer="birch")
    assert alerts.crossed() == []
    alerts.connection.execute("DROP TABLE alerts")
    alerts.line("0.01")
    assert alerts.crossed() == [("alert 0", "acme", "10000", at(JULY_1))]


@pytest.mark.parametrize(
    ("threshold", "when"),
    [(1, "2025-06-03"), (100, JUNE_10), (149, "2025-06-20"), (150, "2025-06-20"), (120, "2025-06-20")],
)
def test_spend_crosses_where_the_running_sum_first_reaches_it(threshold: int, when: str, alerts: Alerts) -> None:
    alerts.watch(SPEND, threshold)
    alerts.line(10, until=None)
    alerts.line(90, until=JUNE_10)
    alerts.line(60, until="2025-06-20")
    alerts.line(-10, until="2025-06-20")
    assert alerts.crossed() == [("alert 0", "acme", "150", at(when))]


def test_an_alert_may_be_of_one_customer_and_of_another_unit(alerts: Alerts) -> None:
    alerts.watch(SPEND, 50, customer_id="birch")
    alerts.watch(SPEND, 50, credit_type_id="ai")
    alerts.watch(SPEND, 50)
    alerts.line(60, customer="birch")
    alerts.line(70)
    alerts.line(80, unit="ai")
    assert [(*row[:3],) for row in alerts.crossed()] == [
        ("alert 0", "birch", "60"),
        ("alert 1", "acme", "80"),
        ("alert 2", "acme", "70"),
        ("alert 2", "birch", "60"),
    ]


def test_spend_beyond_every_amount_still_crosses(alerts: Alerts) -> None:
    alerts.watch(SPEND, 10)
    for _ in range(4):
        alerts.line("499999999999.99999999999999999999999999")
    assert alerts.crossed() == [("alert 0", "acme", None, at(JULY_1))]


def test_the_first_invoice_that_comes_to_the_threshold(alerts: Alerts) -> None:
    alerts.watch("invoice_total_reached", 100)
    alerts.invoice("99.99", "2025-06-08", "2025-06-09")
    alerts.invoice(500, "2025-06-08", "2025-06-09", "USAGE_CONSOLIDATED")
    alerts.invoice(300, "2025-06-22", "2025-06-23")
    alerts.invoice(100, None, "2025-06-15", "SCHEDULED")
    assert alerts.crossed() == [("alert 0", "acme", "100", at("2025-06-15"))]


LOW_CREDIT = "low_remaining_contract_credit_balance_reached"
LOW_COMMIT = "low_remaining_commit_balance_reached"
LOW_BOTH = "low_remaining_contract_credit_and_commit_balance_reached"


def test_a_balance_that_falls_to_the_threshold(alerts: Alerts) -> None:
    alerts.watch(LOW_CREDIT, 40)
    alerts.watch(LOW_CREDIT, "39.99")
    alerts.segment(100, 100, (DEDUCTION, JUNE_10, -30), (DEDUCTION, "2025-06-20", "-20"), ("MANUAL", "2025-06-25", -10))
    assert alerts.crossed() == [("alert 0", "acme", "40", at("2025-06-25"))]


def test_each_kind_of_balance_is_watched_by_its_own_alert(alerts: Alerts) -> None:
    for kind in (LOW_CREDIT, LOW_COMMIT, LOW_BOTH):
        alerts.watch(kind, 45)
    alerts.segment(50, 50, (DEDUCTION, JUNE_10, -10))
    alerts.segment(50, 50, (DEDUCTION, JULY_1, -47), kind="PREPAID")
    alerts.segment(50, 1, kind="POSTPAID")
    alerts.segment(50, 1, until=JULY_1)
    alerts.segment(50, 1, unit=None)
    assert alerts.crossed() == [
        ("alert 0", "acme", "40", at(JUNE_10)),
        ("alert 1", "acme", "3", at(JULY_1)),
        ("alert 2", "acme", "43", at(JULY_1)),
    ]


def test_a_balance_that_was_low_before_and_one_that_is_granted_within(alerts: Alerts) -> None:
    alerts.watch(LOW_CREDIT, 100)
    alerts.segment(200, "99.5")
    granted = ("SEGMENT_START", "2025-06-05", 200)
    alerts.segment(200, None, granted, (DEDUCTION, JUNE_10, -150), customer="birch")
    assert alerts.crossed() == [
        ("alert 0", "acme", "99.5", at("2025-06-01")),
        ("alert 0", "birch", "50", at(JUNE_10)),
    ]


def test_what_happened_before_the_billing_period_counts_from_its_start(alerts: Alerts) -> None:
    alerts.watch(LOW_CREDIT, 40)
    alerts.segment(100, 100, ("MANUAL", "2025-05-20", -60))
    assert alerts.crossed() == [("alert 0", "acme", "40", at("2025-06-01"))]


def test_customers_without_such_a_balance_are_not_low(alerts: Alerts) -> None:
    alerts.watch(LOW_COMMIT, 100)
    alerts.segment(200, 10)
    assert alerts.crossed() == []


@pytest.mark.parametrize(
    ("percent", "crosses"), [("10", True), ("9.99999999", False), ("100", True), ("0", False), ("33.33333333", True)]
)
def test_a_percentage_is_of_what_was_granted(percent: str, crosses: bool, alerts: Alerts) -> None:
    alerts.watch("low_remaining_contract_credit_percentage_reached", percent)
    alerts.segment("700.25", "70.025")
    alerts.segment("299.75", 100, (DEDUCTION, JUNE_10, "-70.025"))
    expected = [("alert 0", "acme", "100", at("2025-06-01") if Decimal(percent) > 20 else at(JUNE_10))]
    assert alerts.crossed() == (expected if crosses else [])


def test_a_share_is_exact_to_the_last_digit(alerts: Alerts) -> None:
    alerts.watch("low_remaining_contract_credit_percentage_reached", "33.33333333")
    alerts.segment("99999999999.99999999999999999999999999", "33333333329.99999999999999999999999999")
    (row,) = alerts.crossed()
    assert row[2] == "33333333329.99999999999999999999999999"
    (share,) = alerts.rows("SELECT threshold_amount FROM alerts")
    # 33333333329.999999999999999999999999996666666667, cut to 26 places.
    assert share == (Decimal("33333333329.99999999999999999999999999"),)


def test_released_and_rolled_over_segments_are_granted_amounts_too(alerts: Alerts) -> None:
    alerts.watch("low_remaining_contract_credit_percentage_reached", 50)
    alerts.segment(0, 30)
    alerts.connection.execute("UPDATE balance_segments SET amount = NULL")
    alerts.add("segment_amounts", (0, Decimal(60)))
    alerts.add("balance_segments", (1, "new", Decimal(100)))
    alerts.add("segment_balances", ("acme", "CREDIT", "new", USD_CENTS, JULY_1, "2026-01-01", Decimal(0)))
    alerts.add("ledger", ("new", "CREDIT_SEGMENT_START", JULY_1, Decimal(49)))
    assert alerts.crossed() == [("alert 0", "acme", "79", at("2025-06-01"))]


def test_void_invoices_are_no_spend(alerts: Alerts) -> None:
    alerts.watch("spend_threshold_reached", 100)
    alerts.watch("invoice_total_reached", 100)
    alerts.invoice(150, JULY_1, "2025-07-02", status="VOID")
    alerts.line(150, invoice="invoice 0")
    assert alerts.crossed() == []
