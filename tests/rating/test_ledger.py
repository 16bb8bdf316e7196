"""What the ledger says of balances that are granted, corrected, drawn, rolled over, expired and trued up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from engine.executors.connection import EngineSettings, connect
from tests.rating.balance_runs import BalanceRow, BalanceRuns, DrawRow, ManualRow, SegmentRow, entries_of, segment
from tests.rating.recurring import ContractRow, Row, at, month, months

CONTRACT = ContractRow(at("2024-01-01"))
QUARTERLY = replace(CONTRACT, frequency="QUARTERLY")
YEAR = SegmentRow(Decimal(10_000), at("2024-01-01"), at("2025-01-01"))


@pytest.fixture
def connection(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    return connect(EngineSettings(threads=1), tmp_path)


def monthly_draws(amounts: Sequence[int], segment_no: int = 0) -> list[DrawRow]:
    """One draw on the invoice of each month of 2024, from January on."""
    ends = [datetime(2024 + number // 12, number % 12 + 1, 1) for number in range(1, len(amounts) + 1)]
    return [DrawRow(segment_no, end, Decimal(amount)) for end, amount in zip(ends, amounts, strict=True) if amount]


def test_a_credit_that_ends_within_a_statement_expires_after_its_deduction(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """spec/rating.md §15 T-09."""
    credit = BalanceRow("CREDIT", [segment(500, "2024-01-01", "2024-01-16")])
    draws = [DrawRow(0, at("2024-02-01"), Decimal(amount)) for amount in (360, 50)]
    runs = BalanceRuns(connection, [CONTRACT], [credit], draws)
    assert entries_of(runs, "2024-01", 2) == [
        ("2024-01", 0, "CREDIT_SEGMENT_START", at("2024-01-01"), 500, 500),
        ("2024-01", 0, "CREDIT_AUTOMATED_INVOICE_DEDUCTION", at("2024-01-16"), -410, 90),
        ("2024-01", 0, "CREDIT_EXPIRATION", at("2024-01-16"), -90, 0),
    ]


def test_one_deduction_names_its_invoice_and_all_its_lines(connection: duckdb.DuckDBPyConnection) -> None:
    credit = BalanceRow("CREDIT", [segment(500, "2024-01-01", "2024-01-16")])
    draws = [DrawRow(0, at("2024-02-01"), Decimal(amount)) for amount in (360, 50)]
    runs = BalanceRuns(connection, [CONTRACT], [credit], draws)
    runs.run(month("2024-01"))
    deductions = """
        SELECT customer_id, contract_id, balance_id, invoice_id, invoice_contract_id, line_item_ids, currency
        FROM ledger
        WHERE type = 'CREDIT_AUTOMATED_INVOICE_DEDUCTION'
    """
    assert runs.rows(deductions) == [
        (
            "customer 0",
            "contract 0",
            "balance 0",
            "invoice 0 2024-02-01T00",
            "contract 0",
            '["applied 0","applied 1"]',
            "USD",
        )
    ]


def test_what_is_left_of_a_monthly_credit_expires_with_the_month(connection: duckdb.DuckDBPyConnection) -> None:
    """spec/rating.md §15 T-26."""
    credit = BalanceRow("CREDIT", [segment(100, "2024-09-01", "2024-10-01")])
    runs = BalanceRuns(connection, [CONTRACT], [credit], [DrawRow(0, at("2024-10-01"), Decimal(63))])
    assert entries_of(runs, "2024-08", 4) == [
        ("2024-09", 0, "CREDIT_SEGMENT_START", at("2024-09-01"), 100, 100),
        ("2024-09", 0, "CREDIT_AUTOMATED_INVOICE_DEDUCTION", at("2024-10-01"), -63, 37),
        ("2024-09", 0, "CREDIT_EXPIRATION", at("2024-10-01"), -37, 0),
    ]


def test_a_prepaid_commit_is_drawn_month_by_month(connection: duckdb.DuckDBPyConnection) -> None:
    """spec/rating.md §15 T-10, 2b."""
    commit = BalanceRow("PREPAID", [YEAR])
    runs = BalanceRuns(connection, [CONTRACT], [commit], monthly_draws([900, *[700] * 11]))
    found = entries_of(runs, "2024-01", 13)
    assert found[:2] == [
        ("2024-01", 0, "PREPAID_COMMIT_SEGMENT_START", at("2024-01-01"), 10_000, 10_000),
        ("2024-01", 0, "PREPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION", at("2024-02-01"), -900, 9_100),
    ]
    assert found[-2:] == [
        ("2024-12", 0, "PREPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION", at("2025-01-01"), -700, 1_400),
        ("2024-12", 0, "PREPAID_COMMIT_EXPIRATION", at("2025-01-01"), -1_400, 0),
    ]
    assert len(found) == 14


def test_a_commit_that_is_used_up_has_nothing_to_expire(connection: duckdb.DuckDBPyConnection) -> None:
    """spec/rating.md §15 T-10, 2c."""
    draws = monthly_draws([900, *[1000] * 9, 100, 0])
    runs = BalanceRuns(connection, [CONTRACT], [BalanceRow("PREPAID", [YEAR])], draws)
    runs.drawn[0] = Decimal(8_900)
    assert [row[4:] for row in entries_of(runs, "2024-10", 4)] == [(-1000, 100), (-100, 0)]


@pytest.mark.parametrize(("contract", "invoices"), [(CONTRACT, 12), (QUARTERLY, 4)])
def test_what_a_postpaid_commit_was_not_used_is_trued_up(
    contract: ContractRow, invoices: int, connection: duckdb.DuckDBPyConnection
) -> None:
    """spec/rating.md §15 T-11; with quarterly statements three lines come on one invoice."""
    each = 12 // invoices
    months_drawn = [800 if number % each == 0 else 0 for number in range(1, 13)]
    commit = BalanceRow("POSTPAID", [YEAR], charged_at=at("2025-01-01"))
    runs = BalanceRuns(connection, [contract], [commit], monthly_draws(months_drawn) * each)
    found = entries_of(runs, "2024-01", 14)
    assert found[0] == ("2024-01", 0, "POSTPAID_COMMIT_INITIAL_BALANCE", at("2024-01-01"), 10_000, 10_000)
    assert [row[2] for row in found[1:-1]] == ["POSTPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION"] * invoices
    assert [row[4] for row in found[1:-1]] == [-800 * each] * invoices
    assert found[-1] == ("2025-01", 0, "POSTPAID_COMMIT_TRUEUP", at("2025-01-01"), -400, 0)


def trueup_lines(runs: BalanceRuns) -> list[Row]:
    return runs.rows("""
        SELECT
            contract_id, type, charge_name, commit_id, product_id, starting_at, ending_before, charged_at,
            period_ending_before, quantity, unit_price, total, credit_type_id
        FROM trueup_lines
    """)


def test_a_true_up_has_an_invoice_of_its_own(connection: duckdb.DuckDBPyConnection) -> None:
    charged_at = at("2025-01-15")
    commit = BalanceRow("POSTPAID", [YEAR], charged_at=charged_at)
    runs = BalanceRuns(connection, [CONTRACT], [commit], monthly_draws([800] * 12))
    found = entries_of(runs, "2024-12", 1)
    assert trueup_lines(runs) == []
    found = entries_of(runs, "2025-01", 1)
    assert trueup_lines(runs) == [
        (
            *("contract 0", "commit_purchase", "Balance 0 true-up", "balance 0", "commit"),
            *(charged_at, None, charged_at, None, 1, 9_200, 9_200, "usd"),
        )
    ]
    assert found == [("2025-01", 0, "POSTPAID_COMMIT_TRUEUP", charged_at, -9_200, 0)]
    linked = """
        SELECT ledger.line_item_ids, ledger.invoice_contract_id
        FROM ledger
        JOIN trueup_lines ON trueup_lines.invoice_id = ledger.invoice_id
    """
    assert runs.rows(linked) == [('["line of commit_trueup\\u001Fbalance 0"]', "contract 0")]


def test_a_true_up_at_the_end_of_a_statement_may_be_on_its_usage_invoice(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    consolidating = replace(CONTRACT, consolidates_charges=True)
    commit = BalanceRow("POSTPAID", [YEAR], charged_at=at("2025-01-01"))
    runs = BalanceRuns(connection, [consolidating], [commit], monthly_draws([800] * 12))
    runs.drawn[0] = Decimal(8_800)
    found = entries_of(runs, "2024-12", 2)
    assert found[-1] == ("2024-12", 0, "POSTPAID_COMMIT_TRUEUP", at("2025-01-01"), -400, 0)
    runs.drawn[0] = Decimal(8_800)
    runs.run(month("2024-12"))
    assert runs.rows(
        "SELECT period_ending_before, total FROM trueup_lines SEMI JOIN statement_periods USING (invoice_id)"
    ) == [(at("2025-01-01"), 400)]


def test_a_true_up_waits_for_the_last_statement_and_is_charged_at_its_date(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    commit = BalanceRow("POSTPAID", [segment(100, "2024-01-01", "2024-02-01")], charged_at=at("2024-02-01"))
    runs = BalanceRuns(connection, [QUARTERLY], [commit], [DrawRow(0, at("2024-04-01"), Decimal(40))])
    assert entries_of(runs, "2024-01", 5)[1:] == [
        ("2024-03", 0, "POSTPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION", at("2024-02-01"), -40, 60),
        ("2024-03", 0, "POSTPAID_COMMIT_TRUEUP", at("2024-02-01"), -60, 0),
    ]


def test_a_commit_that_is_used_up_is_not_trued_up(connection: duckdb.DuckDBPyConnection) -> None:
    commit = BalanceRow("POSTPAID", [segment(100, "2024-01-01", "2024-02-01")], charged_at=at("2024-02-15"))
    runs = BalanceRuns(connection, [CONTRACT], [commit], [DrawRow(0, at("2024-02-01"), Decimal(100))])
    assert len(entries_of(runs, "2024-01", 3)) == 2
    assert trueup_lines(runs) == []


def test_where_no_true_up_is_wanted_the_rest_expires(connection: duckdb.DuckDBPyConnection) -> None:
    commit = BalanceRow("POSTPAID", [YEAR], charged_at=at("2025-02-01"), is_removed=True)
    runs = BalanceRuns(connection, [CONTRACT], [commit], monthly_draws([800] * 12))
    runs.drawn[0] = Decimal(8_000)
    found = entries_of(runs, "2024-11", 4)
    assert found[-1] == ("2024-12", 0, "POSTPAID_COMMIT_EXPIRATION", at("2025-01-01"), -400, 0)
    assert trueup_lines(runs) == []


def test_an_amount_with_more_places_than_a_unit_price_is_trued_up_exactly(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    taken = Decimal("0.00000000000000000001")
    commit = BalanceRow("POSTPAID", [segment(1, "2024-01-01", "2024-02-01")], charged_at=at("2024-02-15"))
    runs = BalanceRuns(connection, [CONTRACT], [commit], [DrawRow(0, at("2024-02-01"), taken)])
    entries_of(runs, "2024-01", 2)
    assert runs.rows("SELECT quantity, unit_price, total FROM trueup_lines") == [(None, None, 1 - taken)]


def test_segments_of_one_balance_are_granted_and_expire_each_by_itself(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    halves = [segment(100, "2024-01-01", "2024-01-16"), segment(200, "2024-01-16", "2024-03-01")]
    draws = [DrawRow(0, at("2024-02-01"), Decimal(100)), DrawRow(1, at("2024-02-01"), Decimal(30))]
    runs = BalanceRuns(connection, [CONTRACT], [BalanceRow("PREPAID", halves)], draws)
    assert [row[:5] for row in entries_of(runs, "2024-01", 3)] == [
        ("2024-01", 0, "PREPAID_COMMIT_SEGMENT_START", at("2024-01-01"), 100),
        ("2024-01", 0, "PREPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION", at("2024-01-16"), -100),
        ("2024-01", 1, "PREPAID_COMMIT_SEGMENT_START", at("2024-01-16"), 200),
        ("2024-01", 1, "PREPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION", at("2024-02-01"), -30),
        ("2024-02", 1, "PREPAID_COMMIT_EXPIRATION", at("2024-03-01"), -170),
    ]


def test_seats_that_are_added_add_to_the_balance(connection: duckdb.DuckDBPyConnection) -> None:
    """spec/rating.md §15 T-31, to the cent."""
    added = replace(segment("93.55", "2024-07-03", "2024-08-01"), granted_as="SEAT_BASED_ADJUSTMENT")
    pooled = BalanceRow("CREDIT", [segment(400, "2024-07-01", "2024-08-01"), added])
    runs = BalanceRuns(connection, [CONTRACT], [pooled])
    assert [row[2:5] for row in entries_of(runs, "2024-07", 1)] == [
        ("CREDIT_SEGMENT_START", at("2024-07-01"), 400),
        ("CREDIT_EXPIRATION", at("2024-08-01"), -400),
        ("CREDIT_SEAT_BASED_ADJUSTMENT", at("2024-07-03"), Decimal("93.55")),
        ("CREDIT_EXPIRATION", at("2024-08-01"), Decimal("-93.55")),
    ]


def test_units_are_counted_without_a_currency(connection: duckdb.DuckDBPyConnection) -> None:
    units = BalanceRow("CREDIT", [segment(1_000, "2024-01-01", "2024-02-01")], access_type="QUANTITY")
    draws = [DrawRow(0, at("2024-02-01"), Decimal(250), unit_price=Decimal("0.3"))]
    runs = BalanceRuns(connection, [CONTRACT], [units], draws)
    assert [row[4] for row in entries_of(runs, "2024-01", 1)] == [1_000, -250, -750]
    assert runs.rows("SELECT DISTINCT credit_type_id, currency FROM ledger") == [(None, None)]


def test_corrections_by_hand_are_posted_when_they_were_made(connection: duckdb.DuckDBPyConnection) -> None:
    credit = BalanceRow("CREDIT", [segment(100, "2024-01-01", "2024-04-01")])
    manual = [
        ManualRow(0, at("2024-01-01"), Decimal(5)),
        ManualRow(0, at("2024-02-20"), Decimal("-30.5")),
        ManualRow(0, at("2024-03-01"), Decimal(1)),
    ]
    draws = [DrawRow(0, at("2024-03-01"), Decimal(50))]
    runs = BalanceRuns(connection, [CONTRACT], [credit], draws, manual)
    assert [(row[0], *row[2:]) for row in entries_of(runs, "2024-01", 4)] == [
        ("2024-01", "CREDIT_SEGMENT_START", at("2024-01-01"), 100, 100),
        ("2024-01", "CREDIT_MANUAL", at("2024-01-01"), 5, 105),
        ("2024-02", "CREDIT_MANUAL", at("2024-02-20"), Decimal("-30.5"), Decimal("74.5")),
        ("2024-02", "CREDIT_AUTOMATED_INVOICE_DEDUCTION", at("2024-03-01"), -50, Decimal("24.5")),
        ("2024-03", "CREDIT_MANUAL", at("2024-03-01"), 1, Decimal("25.5")),
        ("2024-03", "CREDIT_EXPIRATION", at("2024-04-01"), Decimal("-25.5"), 0),
    ]


def test_a_correction_can_leave_less_than_nothing_which_does_not_expire(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    credit = BalanceRow("CREDIT", [segment(100, "2024-01-01", "2024-03-01")])
    manual = [ManualRow(0, at("2024-02-10"), Decimal(-60)), ManualRow(0, at("2024-02-10"), Decimal(-60))]
    runs = BalanceRuns(connection, [CONTRACT], [credit], [DrawRow(0, at("2024-02-01"), Decimal(10))], manual)
    assert [row[4:] for row in entries_of(runs, "2024-01", 3)] == [(100, 100), (-10, 90), (-60, 30), (-60, -30)]
    assert runs.rows("SELECT count(*) FROM segment_balances") == [(0,)]
    assert runs.rows('SELECT "left", expired FROM segment_ends') == [(-30, 0)]


def test_what_is_added_to_a_segment_that_was_closed_expires_at_once(connection: duckdb.DuckDBPyConnection) -> None:
    """The end of a contract can close a segment before a correction that was written for its full length."""
    credit = BalanceRow("CREDIT", [segment(100, "2024-01-01", "2024-02-01")])
    manual = [ManualRow(0, at("2024-03-10"), Decimal(20)), ManualRow(0, at("2024-03-11"), Decimal(-5))]
    runs = BalanceRuns(connection, [CONTRACT], [credit], manual=manual)
    assert [(row[0], *row[3:]) for row in entries_of(runs, "2024-01", 4)] == [
        ("2024-01", at("2024-01-01"), 100, 100),
        ("2024-01", at("2024-02-01"), -100, 0),
        ("2024-03", at("2024-03-10"), 20, 20),
        ("2024-03", at("2024-03-11"), -5, 15),
        ("2024-03", at("2024-03-11"), -15, 0),
    ]


def test_an_advance_charge_opens_the_segment_that_starts_when_its_statement_ends(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    credit = BalanceRow("CREDIT", [segment(100, "2024-02-01", "2024-03-01")])
    draws = [DrawRow(0, at("2024-02-01"), Decimal(30), line_type="subscription")]
    runs = BalanceRuns(connection, [CONTRACT], [credit], draws, [ManualRow(0, at("2024-02-01"), Decimal(1))])
    assert [(row[0], *row[3:]) for row in entries_of(runs, "2024-01", 3)] == [
        ("2024-01", at("2024-02-01"), 100, 100),
        ("2024-01", at("2024-02-01"), -30, 70),
        ("2024-02", at("2024-02-01"), 1, 71),
        ("2024-02", at("2024-03-01"), -71, 0),
    ]


def test_a_segment_is_open_until_the_last_statement_that_could_draw_on_it_is_billed(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    credit = BalanceRow("CREDIT", [segment(100, "2024-01-10", "2024-01-20")], contracts=[0, 1])
    runs = BalanceRuns(connection, [CONTRACT, QUARTERLY], [credit], [DrawRow(0, at("2024-04-01"), Decimal(1), 1)])
    found: list[Row] = []
    for period in months("2024-01", 4):
        runs.run(period)
        found += runs.rows(
            "SELECT ends.opening, ends.granted, ends.drawn, ends.expired, closing, settled_before, settled_now "
            "FROM segment_balances CROSS JOIN segment_ends AS ends"
        )
    assert found == [
        (0, 100, 0, 0, 100, False, False),
        (100, 0, 0, 0, 100, False, False),
        (100, 0, 1, 99, 0, False, True),
    ]


def test_a_balance_that_nobody_may_draw_on_expires_at_its_end(connection: duckdb.DuckDBPyConnection) -> None:
    runs = BalanceRuns(connection, [QUARTERLY], [BalanceRow("CREDIT", [YEAR], contracts=[])])
    assert [row[2:4] for row in entries_of(runs, "2024-12", 1)] == [("CREDIT_EXPIRATION", at("2025-01-01"))]


def test_nothing_is_said_of_a_balance_while_a_contract_that_may_use_it_is_parked(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    january = segment(100, "2024-01-01", "2024-02-01")
    balances = [BalanceRow("CREDIT", [january], contracts=[0, 1]), BalanceRow("CREDIT", [january])]
    runs = BalanceRuns(connection, [CONTRACT, CONTRACT], balances, parked=[1])
    assert {row[1] for row in entries_of(runs, "2024-01", 1)} == {1}
    assert runs.rows("SELECT segment_no FROM segment_ends") == [(1,)]


def test_every_entry_has_its_own_id_and_a_reason_where_somebody_gave_one(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    credit = BalanceRow("CREDIT", [segment(100, "2024-01-01", "2024-02-01")])
    manual = [ManualRow(0, at("2024-01-10"), Decimal(1))] * 2
    runs = BalanceRuns(connection, [CONTRACT], [credit], [DrawRow(0, at("2024-02-01"), Decimal(2))], manual)
    runs.run(month("2024-01"))
    assert runs.rows("SELECT count(*), count(DISTINCT id), list(reason) FROM ledger") == [
        (5, 5, [None, "reason 0", "reason 1", None, None])
    ]
    first = runs.rows("SELECT id FROM ledger")
    runs.drawn.clear()
    runs.run(month("2024-01"))
    assert runs.rows("SELECT id FROM ledger") == first
