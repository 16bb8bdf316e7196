"""What subscriptions cost, when each part falls due and on which invoice, in tables that can be checked by hand.

A row reads: run, part, quantity x unit price = total, invoice (a usage invoice by its period, a scheduled one by its
instant).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from engine.executors.connection import EngineSettings, connect
from engine.values.ids import derived_id
from tests.rating.recurring import ContractRow, Price, RecurringRuns, SubscriptionRow, at, month, months

LINES = """
    SELECT
        starting_at, ending_before, plain_number(quantity), plain_number(unit_price), plain_number(total),
        CASE WHEN period_starting_at IS NULL THEN 'scheduled' ELSE 'usage' END,
        coalesce(period_starting_at, issued_at), period_ending_before
    FROM subscription_lines
    LEFT JOIN scheduled_invoices USING (invoice_id)
    ORDER BY subscription_id, starting_at
"""


@pytest.fixture
def connection(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    return connect(EngineSettings(threads=1), tmp_path)


def short(moment: object) -> str:
    assert isinstance(moment, datetime)
    return moment.strftime("%Y-%m-%d" if moment.hour == moment.microsecond == 0 else "%Y-%m-%dT%H")


def shown(runs: RecurringRuns, first: str, count: int) -> list[str]:
    """The lines of `count` consecutive runs, a row each."""
    rows = []
    for period in months(first, count):
        runs.run(period)
        for start, end, quantity, unit_price, total, kind, invoice, until in runs.rows(LINES):
            placed = short(invoice) if until is None else f"{short(invoice)}..{short(until)}"
            rows.append(
                f"{period.label} {short(start)}..{short(end)} {quantity} x {unit_price} = {total} {kind} {placed}"
            )
    return rows


def rows_of(table: str) -> list[str]:
    return [" ".join(line.split()) for line in table.strip().splitlines()]


START = at("2025-01-01")
MONTHLY = SubscriptionRow([(START, 2)], START, START)
CONTRACT = ContractRow(START)


def test_an_annual_seat_plan_and_a_seat_added_in_its_second_month(connection: duckdb.DuckDBPyConnection) -> None:
    start = at("2025-06-01")
    seats = SubscriptionRow([(start, 4), (at("2025-07-03"), 5)], start, start, billing_frequency="ANNUAL")
    runs = RecurringRuns(connection, [ContractRow(start)], [seats], price=lambda _: Price(Decimal(10000)))
    assert shown(runs, "2025-05", 14) == rows_of("""
        2025-06  2025-06-01..2026-06-01  4 x 10000 = 40000                        scheduled 2025-06-01
        2025-07  2025-07-03..2026-06-01  1 x 9123.287671232877 = 9123.287671232877  scheduled 2025-07-03
        2026-05  2026-06-01..2027-06-01  5 x 10000 = 50000                        usage 2026-05-01..2026-06-01
    """)


def test_advance_is_due_at_the_start_of_a_period_and_then_on_the_invoice_that_ends_there(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    assert shown(RecurringRuns(connection, [CONTRACT], [MONTHLY]), "2024-12", 4) == rows_of("""
        2025-01  2025-01-01..2025-02-01  2 x 100 = 200  scheduled 2025-01-01
        2025-01  2025-02-01..2025-03-01  2 x 100 = 200  usage 2025-01-01..2025-02-01
        2025-02  2025-03-01..2025-04-01  2 x 100 = 200  usage 2025-02-01..2025-03-01
        2025-03  2025-04-01..2025-05-01  2 x 100 = 200  usage 2025-03-01..2025-04-01
    """)


def test_arrears_is_due_at_the_end_and_the_last_period_is_cut_to_the_contract(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    end = at("2025-03-16")
    contract = replace(CONTRACT, ending_before=end)
    arrears = replace(MONTHLY, collection_schedule="ARREARS", bill_immediately=False, ending_before=end)
    assert shown(RecurringRuns(connection, [contract], [arrears]), "2024-12", 6) == rows_of("""
        2025-01  2025-01-01..2025-02-01  2 x 100 = 200                        usage 2025-01-01..2025-02-01
        2025-02  2025-02-01..2025-03-01  2 x 100 = 200                        usage 2025-02-01..2025-03-01
        2025-03  2025-03-01..2025-03-16  2 x 48.387096774194 = 96.774193548388  usage 2025-03-01..2025-03-16
    """)


INCREASE = replace(MONTHLY, quantities=[(START, 2), (at("2025-02-15"), 5)])


def test_an_increase_is_billed_at_once_on_a_scheduled_invoice(connection: duckdb.DuckDBPyConnection) -> None:
    assert shown(RecurringRuns(connection, [CONTRACT], [INCREASE]), "2025-02", 1) == rows_of("""
        2025-02  2025-02-15..2025-03-01  3 x 50 = 150   scheduled 2025-02-15
        2025-02  2025-03-01..2025-04-01  5 x 100 = 500  usage 2025-02-01..2025-03-01
    """)


def test_an_increase_is_billed_when_the_next_period_is_collected(connection: duckdb.DuckDBPyConnection) -> None:
    waiting = replace(INCREASE, bill_immediately=False)
    assert shown(RecurringRuns(connection, [CONTRACT], [waiting]), "2025-02", 1) == rows_of("""
        2025-02  2025-02-15..2025-03-01  3 x 50 = 150   usage 2025-02-01..2025-03-01
        2025-02  2025-03-01..2025-04-01  5 x 100 = 500  usage 2025-02-01..2025-03-01
    """)


def test_an_increase_without_proration_costs_a_whole_period(connection: duckdb.DuckDBPyConnection) -> None:
    runs = RecurringRuns(connection, [CONTRACT], [replace(INCREASE, is_prorated=False)])
    assert shown(runs, "2025-02", 1)[0] == "2025-02 2025-02-15..2025-03-01 3 x 100 = 300 scheduled 2025-02-15"
    assert runs.rows("SELECT DISTINCT is_prorated FROM subscription_lines") == [(False,)]


def test_a_decrease_waits_and_only_what_exceeds_the_largest_so_far_is_an_increase(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    steps = [(START, 10), (at("2025-01-11"), 12), (at("2025-01-16"), 3), (at("2025-01-21"), 11), (at("2025-01-31"), 13)]
    runs = RecurringRuns(connection, [CONTRACT], [replace(MONTHLY, quantities=steps, is_prorated=False)])
    assert shown(runs, "2025-01", 2) == rows_of("""
        2025-01  2025-01-01..2025-02-01  10 x 100 = 1000  scheduled 2025-01-01
        2025-01  2025-01-11..2025-02-01  2 x 100 = 200    scheduled 2025-01-11
        2025-01  2025-01-31..2025-02-01  1 x 100 = 100    scheduled 2025-01-31
        2025-01  2025-02-01..2025-03-01  13 x 100 = 1300  usage 2025-01-01..2025-02-01
        2025-02  2025-03-01..2025-04-01  13 x 100 = 1300  usage 2025-02-01..2025-03-01
    """)


def test_a_decrease_counts_from_the_next_period(connection: duckdb.DuckDBPyConnection) -> None:
    fewer = replace(MONTHLY, quantities=[(START, 12), (at("2025-01-21"), 11), (at("2025-03-01"), 0)])
    assert shown(RecurringRuns(connection, [CONTRACT], [fewer]), "2025-01", 3) == rows_of("""
        2025-01  2025-01-01..2025-02-01  12 x 100 = 1200  scheduled 2025-01-01
        2025-01  2025-02-01..2025-03-01  11 x 100 = 1100  usage 2025-01-01..2025-02-01
    """)


def test_periods_counted_from_the_31st_do_not_drift(connection: duckdb.DuckDBPyConnection) -> None:
    start = at("2024-01-31")
    contract = ContractRow(start, schedule_day="CONTRACT_START")
    placed = SubscriptionRow([(start, 1)], start, start, on_usage_invoice=False)
    assert shown(RecurringRuns(connection, [contract], [placed]), "2024-01", 5) == rows_of("""
        2024-01  2024-01-31..2024-02-29  1 x 100 = 100  scheduled 2024-01-31
        2024-02  2024-02-29..2024-03-31  1 x 100 = 100  scheduled 2024-02-29
        2024-03  2024-03-31..2024-04-30  1 x 100 = 100  scheduled 2024-03-31
        2024-04  2024-04-30..2024-05-31  1 x 100 = 100  scheduled 2024-04-30
        2024-05  2024-05-31..2024-06-30  1 x 100 = 100  scheduled 2024-05-31
    """)


def test_the_first_period_of_a_subscription_that_starts_late_is_prorated_on_the_usage_invoice(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    late = replace(MONTHLY, starting_at=at("2025-02-15"), quantities=[(at("2025-02-15"), 2)])
    assert shown(RecurringRuns(connection, [CONTRACT], [late]), "2025-02", 1) == rows_of("""
        2025-02  2025-02-15..2025-03-01  2 x 50 = 100   usage 2025-02-01..2025-03-01
        2025-02  2025-03-01..2025-04-01  2 x 100 = 200  usage 2025-02-01..2025-03-01
    """)


def test_a_statement_of_a_year_collects_what_fell_due_in_it(connection: duckdb.DuckDBPyConnection) -> None:
    contract = replace(CONTRACT, frequency="ANNUAL", ending_before=at("2026-01-01"))
    quarterly = replace(MONTHLY, billing_frequency="QUARTERLY", ending_before=at("2026-01-01"))
    assert shown(RecurringRuns(connection, [contract], [quarterly]), "2025-01", 13) == rows_of("""
        2025-01  2025-01-01..2025-04-01  2 x 100 = 200  scheduled 2025-01-01
        2025-12  2025-04-01..2025-07-01  2 x 100 = 200  usage 2025-01-01..2026-01-01
        2025-12  2025-07-01..2025-10-01  2 x 100 = 200  usage 2025-01-01..2026-01-01
        2025-12  2025-10-01..2026-01-01  2 x 100 = 200  usage 2025-01-01..2026-01-01
    """)


def test_weekly_periods_against_weekly_statements(connection: duckdb.DuckDBPyConnection) -> None:
    start = at("2025-06-04")
    contract = ContractRow(start, frequency="WEEKLY", schedule_day="CONTRACT_START", ending_before=at("2025-06-20"))
    weekly = SubscriptionRow([(start, 1)], start, start, at("2025-06-20"), billing_frequency="WEEKLY")
    runs = RecurringRuns(connection, [contract], [weekly], price=lambda _: Price(Decimal(70)))
    assert shown(runs, "2025-06", 1) == rows_of("""
        2025-06  2025-06-04..2025-06-11  1 x 70 = 70  scheduled 2025-06-04
        2025-06  2025-06-11..2025-06-18  1 x 70 = 70  usage 2025-06-04..2025-06-11
        2025-06  2025-06-18..2025-06-20  1 x 20 = 20  usage 2025-06-11..2025-06-18
    """)


@pytest.mark.parametrize(
    ("method", "places", "unit_price"),
    [
        (None, None, "9123.287671232877"),
        ("HALF_UP", 2, "9123.29"),
        ("FLOOR", 2, "9123.28"),
        ("CEILING", 1, "9123.3"),
        ("HALF_UP", 0, "9123"),
        ("HALF_UP", -2, "9100"),
        ("CEILING", -2, "9200"),
        ("FLOOR", -3, "9000"),
        ("HALF_UP", -4, "10000"),
        ("FLOOR", -6, "0"),
        ("CEILING", -6, "1000000"),
        ("FLOOR", 18, "9123.287671232876712328"),
    ],
)
def test_a_prorated_unit_price_is_rounded_once(
    method: str | None, places: int | None, unit_price: str, connection: duckdb.DuckDBPyConnection
) -> None:
    start = at("2025-06-01")
    seats = SubscriptionRow(
        [(start, 4), (at("2025-07-03"), 5)],
        start,
        start,
        billing_frequency="ANNUAL",
        rounding_method=method,
        rounding_places=places,
    )
    runs = RecurringRuns(connection, [ContractRow(start)], [seats], price=lambda _: Price(Decimal(10000)))
    runs.run(month("2025-07"))
    assert runs.rows("SELECT plain_number(unit_price), plain_number(total) FROM subscription_lines") == [
        (unit_price, unit_price)
    ]


@pytest.mark.parametrize(("method", "unit_price"), [("HALF_UP", "1300"), ("FLOOR", "1200"), ("CEILING", "1300")])
def test_exactly_half_is_rounded_away_from_zero(
    method: str, unit_price: str, connection: duckdb.DuckDBPyConnection
) -> None:
    rounded = replace(INCREASE, rounding_method=method, rounding_places=-2)
    runs = RecurringRuns(connection, [CONTRACT], [rounded], price=lambda _: Price(Decimal(2500)))
    assert f" 3 x {unit_price} = " in shown(runs, "2025-02", 1)[0]


def test_a_whole_period_is_not_rounded(connection: duckdb.DuckDBPyConnection) -> None:
    rounded = replace(INCREASE, rounding_method="HALF_UP", rounding_places=-2)
    runs = RecurringRuns(connection, [CONTRACT], [rounded], price=lambda _: Price(Decimal("2500.0004")))
    assert [row.split(" = ")[0] for row in shown(runs, "2025-02", 1)] == [
        "2025-02 2025-02-15..2025-03-01 3 x 1300",
        "2025-02 2025-03-01..2025-04-01 5 x 2500.0004",
    ]


@pytest.mark.parametrize(
    ("price", "unit_price", "listed", "kind"),
    [
        (Price(Decimal("30.5")), "30.5", "30.5", None),
        (Price(Decimal("30.5"), multiplier=Decimal("0.8")), "24.4", "30.5", "MULTIPLIER"),
        (Price(Decimal("30.5"), overwritten=Decimal("19.99")), "19.99", None, "OVERWRITE"),
        (Price(None, overwritten=Decimal("19.99")), "19.99", None, "OVERWRITE"),
        (Price(Decimal("30.5"), multiplier=Decimal(0)), "0", "30.5", "MULTIPLIER"),
    ],
)
def test_the_price_is_the_overwrites_own_or_the_lists_times_the_multiplier(
    price: Price, unit_price: str, listed: str | None, kind: str | None, connection: duckdb.DuckDBPyConnection
) -> None:
    runs = RecurringRuns(connection, [CONTRACT], [replace(MONTHLY, on_usage_invoice=False)], price=lambda _: price)
    runs.run(month("2025-02"))
    found = runs.rows(
        "SELECT plain_number(unit_price), plain_number(list_unit_price), override_type, override_reason"
        " FROM subscription_lines"
    )
    assert found == [(unit_price, listed, kind, kind and "only override")]


def test_all_parts_of_a_period_have_the_price_of_its_start(connection: duckdb.DuckDBPyConnection) -> None:
    def doubled_in_february(priced_at: datetime) -> Price:
        return Price(Decimal(100) if priced_at < at("2025-02-10") else Decimal(200))

    runs = RecurringRuns(connection, [CONTRACT], [INCREASE], price=doubled_in_february)
    assert shown(runs, "2025-02", 1) == rows_of("""
        2025-02  2025-02-15..2025-03-01  3 x 50 = 150    scheduled 2025-02-15
        2025-02  2025-03-01..2025-04-01  5 x 200 = 1000  usage 2025-02-01..2025-03-01
    """)


@pytest.mark.parametrize(
    ("price", "outcome"),
    [(Price(None), "unrated"), (Price(Decimal(1), entitled=False), "not_entitled")],
)
def test_what_has_no_price_or_no_entitlement_is_reported_by_the_run_that_would_have_billed_it(
    price: Price, outcome: str, connection: duckdb.DuckDBPyConnection
) -> None:
    runs = RecurringRuns(connection, [CONTRACT], [INCREASE], price=lambda _: price)
    runs.run(month("2025-02"))
    assert runs.rows("SELECT * FROM subscription_lines") == runs.rows("SELECT * FROM scheduled_invoices") == []
    found = runs.rows("SELECT outcome, starting_at, ending_before, quantity FROM subscription_unbilled ORDER BY ALL")
    assert found == [
        (outcome, at("2025-02-15"), at("2025-03-01"), Decimal(3)),
        (outcome, at("2025-03-01"), at("2025-04-01"), Decimal(5)),
    ]


def test_a_part_that_nothing_gave_a_price_is_not_lost(connection: duckdb.DuckDBPyConnection) -> None:
    runs = RecurringRuns(connection, [CONTRACT], [MONTHLY])
    runs.run(month("2025-02"))
    connection.execute("DELETE FROM prices_in_force")
    runs.stage("subscription_unbilled")
    assert runs.rows("SELECT outcome, quantity FROM subscription_unbilled") == [("unrated", Decimal(2))]


def test_a_price_or_an_amount_that_does_not_fit_is_null_and_never_cut_short(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    dear = Price(Decimal("99999999999999999999.99999999"), multiplier=Decimal("9.9999"))
    runs = RecurringRuns(connection, [CONTRACT], [MONTHLY], price=lambda _: dear)
    runs.run(month("2025-02"))
    assert runs.rows("SELECT unit_price, total FROM subscription_lines") == [(None, None)]
    runs = RecurringRuns(connection, [CONTRACT], [MONTHLY], price=lambda _: Price(Decimal(600_000_000_000)))
    runs.run(month("2025-02"))
    assert runs.rows("SELECT unit_price, total FROM subscription_lines") == [(Decimal(600_000_000_000), None)]


def test_a_contract_that_starts_inside_an_hour_is_prorated_to_the_microsecond(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    start = datetime(2025, 1, 31, 23, 59, 59, 999_999)
    placed = SubscriptionRow([(start, 1)], start, START, on_usage_invoice=False)
    runs = RecurringRuns(connection, [ContractRow(start)], [placed], price=lambda _: Price(Decimal(2678400)))
    runs.run(month("2025-01"))
    assert runs.rows("SELECT unit_price, total FROM subscription_lines") == [(Decimal("0.000001"),) * 2]


def test_a_dear_year_less_a_microsecond_is_still_exact(connection: duckdb.DuckDBPyConnection) -> None:
    start = datetime(2025, 1, 1, 0, 0, 0, 1)
    placed = SubscriptionRow([(start, 1)], start, START, billing_frequency="ANNUAL", on_usage_invoice=False)
    runs = RecurringRuns(connection, [ContractRow(start)], [placed], price=lambda _: Price(Decimal(10**18)))
    runs.run(month("2025-01"))
    year = 365 * 86_400_000_000
    whole = (10**30 * (year - 1) * 2 + year) // (2 * year)
    assert runs.rows("SELECT unit_price FROM subscription_lines") == [(Decimal(f"{whole}e-12"),)]


def test_a_scheduled_invoice_is_named_by_contract_and_instant_and_shared(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    RecurringRuns(connection, [CONTRACT], [MONTHLY, MONTHLY]).run(month("2025-01"))
    invoice_id = derived_id("invoice", "contract 0", "2025-01-01T00:00:00.000000Z", "SCHEDULED")
    found = connection.execute("SELECT * FROM scheduled_invoices").fetchall()
    assert found == [(invoice_id, "contract 0", "customer 0", "card", START)]
    lines = "SELECT count(DISTINCT line_key) FROM subscription_lines WHERE invoice_id = ?"
    assert connection.execute(lines, [invoice_id]).fetchall() == [(2,)]
