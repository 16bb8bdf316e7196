"""On which invoice, and in which run, scheduled charges and discounts are billed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from engine.executors.connection import EngineSettings, connect
from tests.rating.recurring import ChargeRow, ContractRow, RecurringRuns, SubscriptionRow, at, month, months

CONTRACT = ContractRow(at("2025-01-01"))
CONSOLIDATING = replace(CONTRACT, consolidates_charges=True)
FEE = Decimal(75)


@pytest.fixture
def connection(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    return connect(EngineSettings(threads=1), tmp_path)


def placements(runs: RecurringRuns, first: str, count: int) -> list[tuple[object, ...]]:
    """(run, charged at, end of the usage invoice or None, total) over consecutive runs."""
    found: list[tuple[object, ...]] = []
    for period in months(first, count):
        runs.run(period)
        lines = "SELECT charged_at, period_ending_before, total FROM scheduled_lines ORDER BY ALL"
        found += [(period.label, *row) for row in runs.rows(lines)]
    return found


def first_of(number: int) -> datetime:
    return datetime(2025, number, 1)


def test_charges_go_on_scheduled_invoices_in_the_run_that_holds_their_instant(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    charges = [ChargeRow(first_of(number), FEE) for number in (1, 2, 3)]
    assert placements(RecurringRuns(connection, [CONTRACT], charges=charges), "2024-12", 4) == [
        ("2025-01", first_of(1), None, 75),
        ("2025-02", first_of(2), None, 75),
        ("2025-03", first_of(3), None, 75),
    ]


def test_a_contract_may_have_charges_on_the_usage_invoice_that_ends_with_them(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    moments = [first_of(1), first_of(2), at("2025-02-14"), first_of(3)]
    runs = RecurringRuns(connection, [CONSOLIDATING], charges=[ChargeRow(moment, FEE) for moment in moments])
    assert placements(runs, "2024-12", 4) == [
        ("2025-01", first_of(1), None, 75),
        ("2025-01", first_of(2), first_of(2), 75),
        ("2025-02", at("2025-02-14"), None, 75),
        ("2025-02", first_of(3), first_of(3), 75),
    ]


def test_the_end_of_the_contract_ends_a_statement_period(connection: duckdb.DuckDBPyConnection) -> None:
    contract = replace(CONSOLIDATING, ending_before=at("2025-02-14"))
    charges = [ChargeRow(at("2025-02-14"), FEE), ChargeRow(first_of(3), FEE)]
    assert placements(RecurringRuns(connection, [contract], charges=charges), "2025-01", 4) == [
        ("2025-02", at("2025-02-14"), at("2025-02-14"), 75),
        ("2025-03", first_of(3), None, 75),
    ]


@pytest.mark.parametrize("consolidates", [False, True])
def test_consecutive_runs_bill_every_charge_once(consolidates: bool, connection: duckdb.DuckDBPyConnection) -> None:
    contract = replace(
        CONTRACT,
        frequency="QUARTERLY",
        schedule_day="CUSTOM_DATE",
        billing_anchor_date=at("2024-11-30"),
        consolidates_charges=consolidates,
    )
    moments = [datetime(2025, number, day) for number in range(1, 13) for day in (1, 15, 28)]
    moments += [at("2025-02-28"), at("2025-05-30"), at("2025-08-30"), at("2025-11-30"), at("2025-12-31T23")]
    charges = [ChargeRow(moment, Decimal(number)) for number, moment in enumerate(sorted(moments))]
    found = placements(RecurringRuns(connection, [contract], charges=charges), "2024-11", 15)
    assert sorted(total for *_, total in found if isinstance(total, Decimal)) == list(range(len(moments)))
    on_usage = [moment for _, moment, until, _ in found if until is not None]
    statement_ends = [at("2025-02-28"), at("2025-02-28"), at("2025-05-30"), at("2025-08-30"), at("2025-11-30")]
    assert on_usage == (statement_ends if consolidates else [])


def test_all_that_falls_due_at_one_instant_shares_one_scheduled_invoice(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    start = at("2025-01-01")
    charges = [
        ChargeRow(start, FEE),
        ChargeRow(start, Decimal("-5.50"), quantity=Decimal(2)),
        ChargeRow(at("2025-01-01T01"), FEE),
        ChargeRow(start, FEE, contract_no=1),
    ]
    runs = RecurringRuns(connection, [CONTRACT, CONTRACT], [SubscriptionRow([(start, 1)], start, start)], charges)
    runs.run(month("2025-01"))
    assert runs.rows("SELECT contract_id, issued_at FROM scheduled_invoices ORDER BY ALL") == [
        ("contract 0", start),
        ("contract 0", at("2025-01-01T01")),
        ("contract 1", start),
    ]
    lines = """
        WITH lines AS (SELECT * FROM subscription_lines UNION ALL BY NAME SELECT * FROM scheduled_lines)
        SELECT
            type, scheduled_charge_id, discount_id, lines.starting_at, lines.ending_before, quantity, unit_price, total
        FROM lines
        JOIN scheduled_invoices USING (invoice_id)
        WHERE lines.contract_id = 'contract 0' AND issued_at = TIMESTAMP '2025-01-01'
        ORDER BY ALL
    """
    assert runs.rows(lines) == [
        ("scheduled", "charge 0", None, start, None, 1, 75, 75),
        ("scheduled", None, "discount 1", start, None, 2, Decimal("-5.5"), -11),
        ("subscription", None, None, start, at("2025-02-01"), 1, 100, 100),
    ]


def test_equal_charges_of_one_instant_are_both_billed(connection: duckdb.DuckDBPyConnection) -> None:
    twice = [ChargeRow(at("2025-01-05"), FEE, occurrence_no=number) for number in (1, 2)]
    runs = RecurringRuns(connection, [CONTRACT], charges=twice)
    connection.execute("UPDATE scheduled_charges SET scheduled_charge_id = 'the same'")
    runs.run(month("2025-01"))
    assert runs.rows("SELECT count(*), count(DISTINCT line_key) FROM scheduled_lines") == [(2, 2)]


def test_an_amount_of_zero_has_a_line_and_an_unknown_amount_too(connection: duckdb.DuckDBPyConnection) -> None:
    runs = RecurringRuns(connection, [CONTRACT], charges=[ChargeRow(at("2025-01-05"), Decimal(0))] * 2)
    connection.execute("UPDATE scheduled_charges SET total = NULL WHERE scheduled_charge_id = 'charge 1'")
    runs.run(month("2025-01"))
    assert runs.rows("SELECT total FROM scheduled_lines ORDER BY ALL") == [(0,), (None,)]


def test_what_a_balance_costs_is_a_purchase_on_the_invoice_that_a_charge_of_then_would_be_on(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    charges = [ChargeRow(first_of(2), FEE, balance_id="b"), ChargeRow(first_of(2), FEE), ChargeRow(first_of(2), -FEE)]
    runs = RecurringRuns(connection, [CONSOLIDATING], charges=charges)
    runs.run(months("2025-01", 1)[0])
    lines = "SELECT type, commit_id, split_part(line_key, chr(31), 1), period_ending_before FROM scheduled_lines"
    assert sorted(runs.rows(lines), key=str) == [
        ("commit_purchase", "b", "commit_purchase", first_of(2)),
        ("scheduled", None, "discount", first_of(2)),
        ("scheduled", None, "scheduled_charge", first_of(2)),
    ]
