"""Balances that are topped up and spend that is charged on reaching a threshold (spec/rating.md §13)."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from engine.catalog.catalog import Catalog
from engine.catalog.contract import Contract
from engine.catalog.credit_type import USD_CENTS
from engine.catalog.customer import Customer
from engine.catalog.product import Product
from engine.catalog.rate_card import RateCard
from engine.executors.connection import EngineSettings, connect
from engine.executors.duckdb import DuckDBExecutor
from engine.rating.pipeline import Stage
from engine.rating.threshold_inputs import threshold_inputs
from engine.values.ids import derived_id
from tests.rating.recurring import Row, month

JUNE = month("2025-06")

GRAINS = {
    "spend_threshold_releases": ("invoice_id",),
    "prepaid_threshold_releases": ("contract_id",),
    "threshold_releases": ("segment_no",),
    "spend_threshold_draws": ("line_no",),
    "threshold_balances": ("balance_no",),
    "threshold_segments": ("segment_no",),
    "threshold_lines": ("invoice_id", "line_key"),
    "threshold_commits": ("segment_id",),
}

TABLES = f"""
    CREATE TABLE billing_period AS
        SELECT '2025-06-01'::TIMESTAMP AS starting_at, '2025-07-01'::TIMESTAMP AS ending_before;
    CREATE TABLE contracts (contract_id VARCHAR, starting_at TIMESTAMP, ending_before TIMESTAMP);
    CREATE TABLE rate_cards AS SELECT 'card' AS rate_card_id, '{USD_CENTS}' AS credit_type_id;
    CREATE TABLE product_orders (rate_card_id VARCHAR, product_id VARCHAR, position INTEGER);
    CREATE TABLE statement_periods (
        invoice_id VARCHAR, contract_id VARCHAR, customer_id VARCHAR, rate_card_id VARCHAR,
        period_starting_at TIMESTAMP, period_ending_before TIMESTAMP);
    CREATE TABLE balances (balance_no INTEGER, kind VARCHAR, access_type VARCHAR, credit_type_id VARCHAR);
    CREATE TABLE balance_segments (
        segment_no INTEGER, balance_no INTEGER, seat_id VARCHAR, starting_at TIMESTAMP, ending_before TIMESTAMP);
    CREATE TABLE balance_contracts (balance_no INTEGER, contract_id VARCHAR);
    CREATE TABLE segments_left (segment_no INTEGER, available DECIMAL(38, 26));
    CREATE TABLE coverable_lines (
        line_no BIGINT, invoice_id VARCHAR, is_money BOOLEAN, unit_price DECIMAL(38, 18), position BIGINT);
    CREATE TABLE coverable_left (line_no BIGINT, quantity DECIMAL(38, 18), amount DECIMAL(38, 26));
    CREATE TABLE draws (line_no BIGINT, segment_no INTEGER, draw_no BIGINT);
    CREATE TABLE parked_charges (contract_id VARCHAR);
    CREATE TABLE parked_pools (contract_id VARCHAR);
    CREATE TABLE parked (contract_id VARCHAR);
    CREATE TABLE invoice_slots (base_id VARCHAR, invoice_id VARCHAR, is_closed BOOLEAN);
"""

CARD = RateCard.model_validate(
    {
        "id": "card",
        "name": "Card",
        "credit_type_conversions": [{"custom_credit_type_id": "ai", "fiat_per_custom_credit": 50}],
    }
)


def threshold(amount: object, recharge_to: object | None = None, **more: object) -> dict[str, Any]:
    """A configuration as a catalog has it; without `recharge_to`, of spend."""
    prepaid = {} if recharge_to is None else {"recharge_to_amount": recharge_to}
    return {"commit": {"product_id": "fee"}, "is_enabled": True, "threshold_amount": amount, **prepaid, **more}


class Thresholds:
    """A June run over contracts with thresholds, in tables made by hand; every contract is monthly."""

    def __init__(self, folder: Path) -> None:
        self.connection: duckdb.DuckDBPyConnection = connect(EngineSettings(threads=1), folder)
        self.executor = DuckDBExecutor(self.connection)
        self.connection.execute(TABLES)
        self._contracts: list[Contract] = []

    def catalog(self, card: RateCard = CARD) -> Catalog:
        return Catalog(
            products=(Product(id="fee", name="Prepayment", type="FIXED"),),
            rate_cards=(card,),
            customers=(Customer(id="acme", name="Acme"),),
            contracts=tuple(self._contracts),
        )

    def contract(
        self,
        contract_id: str,
        *,
        prepaid: dict[str, Any] | None = None,
        spend: dict[str, Any] | None = None,
        until: str = "9999-12-31",
        statements: tuple[tuple[str, str], ...] = (("2025-06-01", "2025-07-01"),),
    ) -> None:
        given = {
            "prepaid_balance_threshold_configuration": prepaid,
            "spend_threshold_configuration": spend,
        }
        terms = {
            "id": contract_id,
            "customer_id": "acme",
            "rate_card_id": "card",
            "starting_at": "2025-01-01T00:00:00Z",
        }
        self._contracts.append(Contract.model_validate(terms | given))
        self.add("contracts", (contract_id, "2025-01-01", until))
        for start, end in statements:
            self.add("statement_periods", (f"{contract_id} {end}", contract_id, "acme", "card", start, end))

    def balance(
        self,
        contract_id: str,
        left: object,
        *,
        kind: str = "CREDIT",
        credit_type_id: str | None = USD_CENTS,
        starting_at: str = "2025-01-01",
        ending_before: str = "2026-01-01",
        seat_id: str | None = None,
    ) -> None:
        number = len(self.rows("FROM balances"))
        access_type = "QUANTITY" if credit_type_id is None else "SPEND"
        self.add("balances", (number, kind, access_type, credit_type_id))
        self.add("balance_contracts", (number, contract_id))
        self.add("balance_segments", (number, number, seat_id, starting_at, ending_before))
        self.add("segments_left", (number, Decimal(str(left))))

    def line(self, invoice_id: str, quantity: object, unit_price: object, *, is_money: bool = True) -> None:
        """A line of which this quantity is not covered."""
        number = len(self.rows("FROM coverable_lines"))
        left, price = Decimal(str(quantity)), Decimal(str(unit_price))
        self.add("coverable_lines", (number, invoice_id, is_money, price, number))
        self.add("coverable_left", (number, left, left * price))

    def add(self, table: str, row: tuple[object, ...]) -> None:
        marks = ", ".join("?" * len(row))
        self.connection.execute(f"INSERT INTO {table} VALUES ({marks})", row)

    def run(self, card: RateCard = CARD) -> None:
        for name, table in threshold_inputs(self.catalog(card), JUNE).items():
            self.executor.load(name, table)
        for name, grain in GRAINS.items():
            self.executor.run_stage(Stage(name, grain))

    def rows(self, sql: str) -> list[Row]:
        return [tuple(row) for row in self.connection.execute(sql).fetchall()]


@pytest.fixture
def thresholds(tmp_path: Path) -> Thresholds:
    return Thresholds(tmp_path)


PURCHASES = """
    SELECT contract_id, plain_number(quantity), plain_number(unit_price), plain_number(total)
    FROM threshold_lines
    ORDER BY contract_id, charged_at
"""


def test_a_recharge_in_a_custom_unit_is_paid_in_money(thresholds: Thresholds) -> None:
    """T-24: 50 tokens of 10 cents are left, and 50 is the threshold to recharge to 500: 450 tokens, $45.00."""
    worth = [{"custom_credit_type_id": "token", "fiat_per_custom_credit": 10}]
    card = RateCard.model_validate({"id": "card", "name": "Card", "credit_type_conversions": worth})
    thresholds.contract("c", prepaid=threshold(50, 500, custom_credit_type_id="token"))
    thresholds.balance("c", 50, credit_type_id="token")
    thresholds.run(card)
    assert thresholds.rows(PURCHASES) == [("c", "450", "10", "4500")]
    assert thresholds.rows("SELECT credit_type_id, amount FROM threshold_commits") == [("token", 450)]


@pytest.mark.parametrize(
    ("discount", "price", "total"),
    [
        ({}, "50", "5000"),
        ({"discount_configuration": {"payment_fraction": Decimal("0.9")}}, "45", "4500"),
        ({"discount_config": {"fraction": "0.9"}}, "45", "4500"),
    ],
)
def test_a_discounted_recharge_grants_the_same(
    discount: dict[str, Any], price: str, total: str, thresholds: Thresholds
) -> None:
    """T-25: 2 credits are $1; a recharge of 100 costs $50, or $45 with a discount of 10 %."""
    thresholds.contract("c", prepaid=threshold(10, 100, custom_credit_type_id="ai", **discount))
    thresholds.run()
    assert thresholds.rows(PURCHASES) == [("c", "100", price, total)]
    assert thresholds.rows("SELECT amount FROM threshold_commits") == [(100,)]


def test_what_counts_towards_the_balance(thresholds: Thresholds) -> None:
    thresholds.contract("c", prepaid=threshold(100, 500))
    thresholds.balance("c", "60.5")
    thresholds.balance("c", "39.25", kind="PREPAID", ending_before="2025-07-01T01:00:00")
    for others in (
        {"kind": "POSTPAID"},
        {"credit_type_id": "ai"},
        {"credit_type_id": None},
        {"seat_id": "ann"},
        {"ending_before": "2025-07-01"},
        {"starting_at": "2025-07-01T01:00:00"},
    ):
        thresholds.balance("c", 1000, **others)
    thresholds.balance("elsewhere", 1000)
    thresholds.run()
    assert thresholds.rows(PURCHASES) == [("c", "400.25", "1", "400.25")]


@pytest.mark.parametrize(("left", "bought"), [("100", ["400"]), ("100.00000000000000000000000001", []), ("0", ["500"])])
def test_a_balance_at_the_threshold_is_topped_up_and_one_above_is_not(
    left: str, bought: list[str], thresholds: Thresholds
) -> None:
    thresholds.contract("c", prepaid=threshold(100, 500))
    thresholds.balance("c", left)
    thresholds.run()
    assert [row[1] for row in thresholds.rows(PURCHASES)] == bought


def test_more_balances_than_one_amount_holds_are_above_every_threshold(thresholds: Thresholds) -> None:
    thresholds.contract("c", prepaid=threshold(100, 500))
    for _ in range(4):
        thresholds.balance("c", 499_999_999_999)
    thresholds.run()
    assert thresholds.rows(PURCHASES) == []


def test_when_a_recharge_begins_and_how_long_it_lasts(thresholds: Thresholds) -> None:
    thresholds.contract("a year", prepaid=threshold(1, 5))
    month_long = threshold(1, 5)
    month_long["commit"] = {
        "product_id": "fee",
        "name": "Top-up",
        "duration": {"unit": "MONTHS", "value": 1},
        "priority": 7,
    }
    thresholds.contract(
        "b month", prepaid=month_long, statements=(("2025-06-01", "2025-06-08"), ("2025-06-08", "2025-06-30"))
    )
    thresholds.contract("c cut", prepaid=threshold(1, 5), until="2025-09-01")
    thresholds.contract("d ended", prepaid=threshold(1, 5), until="2025-07-01")
    thresholds.run()
    found = thresholds.rows("""
        SELECT contract_id, balance_name, priority, starting_at::VARCHAR, ending_before::DATE::VARCHAR,
            written_ending_before::DATE::VARCHAR
        FROM threshold_commits
        ORDER BY contract_id
    """)
    assert found == [
        ("a year", "Prepayment", 100, "2025-07-01 00:00:00", "2026-07-01", "2026-07-01"),
        ("b month", "Top-up", 7, "2025-06-30 00:00:00", "2025-07-30", "2025-07-30"),
        ("c cut", "Prepayment", 100, "2025-07-01 00:00:00", "2025-09-01", "2026-07-01"),
    ]
    released = derived_id("threshold", "b month", "2025-06-30T00:00:00.000000Z")
    purchase = derived_id("invoice", "b month", "2025-06-30T00:00:00.000000Z", "THRESHOLD")
    line = "SELECT commit_id, invoice_id, type FROM threshold_lines WHERE contract_id = 'b month'"
    assert thresholds.rows(line) == [(released, purchase, "commit_purchase")]


def test_nothing_is_bought_for_contracts_that_are_parked_disabled_or_without_a_statement(
    thresholds: Thresholds,
) -> None:
    thresholds.contract("charges", prepaid=threshold(1, 5))
    thresholds.contract("pool", prepaid=threshold(1, 5))
    thresholds.contract("quiet", prepaid=threshold(1, 5), statements=())
    thresholds.contract("off", prepaid={**threshold(1, 5), "is_enabled": False})
    thresholds.contract("late", prepaid=threshold(1, 5))
    thresholds.add("parked_charges", ("charges",))
    thresholds.add("parked_pools", ("pool",))
    thresholds.add("parked", ("late",))
    thresholds.run()
    assert thresholds.rows("SELECT contract_id FROM threshold_releases") == [("late",)]
    assert thresholds.rows("FROM threshold_commits") == []


DRAWN = """
    SELECT line_no, plain_number(quantity), plain_number(amount), plain_number(quantity_left), plain_number(amount_left)
    FROM spend_threshold_draws
    ORDER BY line_no
"""


def test_spend_that_reaches_the_threshold_becomes_a_purchase(thresholds: Thresholds) -> None:
    thresholds.contract("c", spend=threshold(100, discount_configuration={"payment_fraction": "0.85"}))
    invoice = "c 2025-07-01"
    thresholds.line(invoice, 3, 20)
    thresholds.line(invoice, "0.5", "80.5")
    thresholds.line(invoice, 1000, 1, is_money=False)
    thresholds.line("elsewhere", 1000, 1)
    thresholds.run()
    assert thresholds.rows(PURCHASES) == [("c", "100.25", "0.85", "85.2125")]
    assert thresholds.rows(DRAWN) == [(0, "3", "60", "0", "0"), (1, "0.5", "40.25", "0", "0")]
    drawn_of = "SELECT DISTINCT segment_no, unit_price > 1 FROM spend_threshold_draws"
    assert thresholds.rows(drawn_of) == [(0, True)]
    commit = "SELECT kind, amount, starting_at::DATE::VARCHAR, ending_before::DATE::VARCHAR FROM threshold_commits"
    assert thresholds.rows(commit) == [("SPEND", Decimal("100.25"), "2025-06-01", "2025-07-01")]


@pytest.mark.parametrize(("quantity", "count"), [("99.99", 0), ("100", 1), ("100.01", 1)])
def test_the_spend_threshold_itself_reaches_it(quantity: str, count: int, thresholds: Thresholds) -> None:
    thresholds.contract("c", spend=threshold(100))
    thresholds.line("c 2025-07-01", quantity, 1)
    thresholds.run()
    assert len(thresholds.rows("FROM threshold_lines")) == len(thresholds.rows(DRAWN)) == count


def test_every_statement_is_looked_at_by_itself_and_an_old_one_is_granted_in_this_period(
    thresholds: Thresholds,
) -> None:
    thresholds.contract(
        "c", spend=threshold(100), statements=(("2025-04-10", "2025-06-10"), ("2025-06-10", "2025-06-20"))
    )
    thresholds.line("c 2025-06-10", 150, 1)
    thresholds.line("c 2025-06-20", 60, 1)
    thresholds.run()
    found = "SELECT amount, starting_at::DATE::VARCHAR, ending_before::DATE::VARCHAR FROM threshold_commits"
    assert thresholds.rows(found) == [(150, "2025-06-01", "2025-06-10")]


def test_places_beyond_the_twelfth_stay_on_the_statement(thresholds: Thresholds) -> None:
    thresholds.contract("c", spend=threshold(1))
    thresholds.line("c 2025-07-01", "2.000000000001", 3)
    thresholds.line("c 2025-07-01", "0.0000001", "0.0000007")
    thresholds.line("c 2025-07-01", "1", "0.0000000000004")
    thresholds.run()
    assert thresholds.rows("SELECT plain_number(amount) FROM threshold_commits") == [("6.000000000003",)]
    # 0.00000000000007 and 0.0000000000004 come to no unit of the twelfth place.
    assert thresholds.rows(DRAWN) == [(0, "2.000000000001", "6.000000000003", "0", "0")]
    thresholds.connection.execute("UPDATE coverable_left SET quantity = 2, amount = 0.0000000000008 WHERE line_no = 2")
    for name in GRAINS:
        thresholds.connection.execute(f"DROP TABLE {name}")
    thresholds.run()
    assert thresholds.rows("SELECT plain_number(amount) FROM threshold_commits") == [("6.000000000003",)]
    thresholds.connection.execute("UPDATE coverable_left SET quantity = 10, amount = 0.000000000004 WHERE line_no = 2")
    for name in GRAINS:
        thresholds.connection.execute(f"DROP TABLE {name}")
    thresholds.run()
    assert thresholds.rows("SELECT plain_number(amount) FROM threshold_commits") == [("6.000000000007",)]
    assert thresholds.rows(DRAWN)[1:] == [
        (1, "0.0000001", "0.00000000000007", "0", "0"),
        (2, "9.825", "0.00000000000393", "0.175", "0.00000000000007"),
    ]


def test_released_commits_join_the_balances_of_the_run(thresholds: Thresholds) -> None:
    thresholds.contract("c", prepaid=threshold(1000, 2000), spend=threshold(100))
    thresholds.balance("c", 400)
    thresholds.line("c 2025-07-01", 100, 1)
    thresholds.run()
    balances = "SELECT balance_no, kind, balance_name, order_class, is_paid, credit_type_id FROM threshold_balances"
    assert thresholds.rows(balances + " ORDER BY balance_no") == [
        (1, "PREPAID", "Prepayment", 3, True, USD_CENTS),
        (2, "PREPAID", "Prepayment", 3, True, USD_CENTS),
    ]
    segments = (
        "SELECT segment_no, balance_no, granted_as, amount, manual, earlier_drawn FROM threshold_segments ORDER BY 1"
    )
    assert thresholds.rows(segments) == [
        (1, 1, "SEGMENT_START", 1600, 0, 0),
        (2, 2, "SEGMENT_START", 100, 0, 0),
    ]
    assert thresholds.rows("SELECT segment_no FROM spend_threshold_draws") == [(2,)]
    assert len(thresholds.rows("SELECT DISTINCT invoice_id FROM threshold_lines")) == 1
