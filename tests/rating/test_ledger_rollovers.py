"""What rolls over into a renewed contract, and what that leaves of the old balance."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from engine.executors.connection import EngineSettings, connect
from tests.rating.balance_runs import BalanceRow, BalanceRuns, DrawRow, RolloverRow, SegmentRow, entries_of, segment
from tests.rating.recurring import ContractRow, at, month

YEAR = SegmentRow(Decimal(10_000), at("2024-01-01"), at("2025-01-01"))
OLD = ContractRow(at("2024-01-01"), ending_before=at("2025-01-01"))
NEW = ContractRow(at("2025-01-01"))


@pytest.fixture
def connection(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    return connect(EngineSettings(threads=1), tmp_path)


def renewed(left: int, fraction: str = "0.5") -> tuple[list[BalanceRow], list[DrawRow], list[RolloverRow]]:
    """A commit of 100,000 of which December leaves `left`, and what it becomes in the renewed contract."""
    old = BalanceRow("PREPAID", [replace(YEAR, amount=Decimal(100_000))])
    new = BalanceRow("PREPAID", [SegmentRow(None, at("2025-01-01"), at("2026-01-01"))], contracts=[1])
    draws = [DrawRow(0, at("2025-01-01"), Decimal(100_000 - left))]
    return [old, new], draws, [RolloverRow(0, 1, at("2025-01-01"), Decimal(fraction))]


@pytest.mark.parametrize(
    ("left", "rolled", "expired"), [(10_000, 10_000, 0), (80_000, 50_000, 30_000), (50_000, 50_000, 0), (0, 0, 0)]
)
def test_what_is_left_rolls_over_up_to_the_fraction_of_what_was_granted(
    left: int, rolled: int, expired: int, connection: duckdb.DuckDBPyConnection
) -> None:
    """spec/rating.md §15 T-20."""
    balances, draws, rollovers = renewed(left)
    runs = BalanceRuns(connection, [OLD, NEW], balances, draws, rollovers=rollovers)
    found = entries_of(runs, "2024-12", 1)
    transition = at("2025-01-01")
    expirations = [("2024-12", 0, "PREPAID_COMMIT_EXPIRATION", transition, -expired, 0)] if expired else []
    assert found[1:] == [
        ("2024-12", 0, "PREPAID_COMMIT_ROLLOVER", transition, -rolled, expired),
        *expirations,
    ]
    names = "SELECT new_contract_id, new_balance_id FROM ledger WHERE new_balance_id IS NOT NULL"
    assert runs.rows(names) == [("contract 1", "balance 1")]
    assert entries_of(runs, "2025-01", 2) == [
        ("2025-01", 1, "PREPAID_COMMIT_SEGMENT_START", transition, rolled, rolled)
    ]


@pytest.mark.parametrize("known", [False, True], ids=["undrawn", "drawn in the same run"])
def test_a_transition_within_a_run_rolls_and_grants_in_it(known: bool, connection: duckdb.DuckDBPyConnection) -> None:
    moment = at("2024-01-16")
    old = ContractRow(at("2024-01-01"), ending_before=moment)
    new = ContractRow(moment, frequency="MONTHLY" if known else "ANNUAL")
    balances = [
        BalanceRow("CREDIT", [segment("100.01", "2024-01-01", "2024-01-16"), segment(50, "2024-01-02", "2024-01-16")]),
        BalanceRow("CREDIT", [SegmentRow(None, moment, at("2025-01-01"))], contracts=[1]),
    ]
    rollovers = [RolloverRow(number, 2, moment, Decimal("0.75")) for number in (0, 1)]
    draws = [DrawRow(0, moment, Decimal(10))]
    draws += [DrawRow(2, at("2024-02-01"), Decimal(70), contract_no=1)] if known else []
    runs = BalanceRuns(connection, [old, new], balances, draws, rollovers=rollovers)
    # 0.75 x 150.01 = 112.5075 may roll over: all that is left of the first segment, the rest from the second.
    if known:
        runs.known_rollovers = {2: Decimal("112.5075")}
    found = [row[1:5] for row in entries_of(runs, "2024-01", 1)]
    assert [row for row in found if row[0] != 2] == [
        (0, "CREDIT_SEGMENT_START", at("2024-01-01"), Decimal("100.01")),
        (0, "CREDIT_AUTOMATED_INVOICE_DEDUCTION", moment, -10),
        (0, "CREDIT_ROLLOVER", moment, Decimal("-90.01")),
        (1, "CREDIT_SEGMENT_START", at("2024-01-02"), 50),
        (1, "CREDIT_ROLLOVER", moment, Decimal("-22.4975")),
        (1, "CREDIT_EXPIRATION", moment, Decimal("-27.5025")),
    ]
    assert [row[3] for row in found if row[0] == 2] == [Decimal("112.5075"), *([-70] if known else [])]
    assert entries_of(runs, "2024-02", 2) == []


def test_what_a_postpaid_commit_rolls_over_is_not_trued_up(connection: duckdb.DuckDBPyConnection) -> None:
    charged_at = at("2025-03-10")
    old = BalanceRow("POSTPAID", [YEAR], charged_at=charged_at)
    new = BalanceRow("POSTPAID", [SegmentRow(None, at("2025-01-01"), at("2026-01-01"))], contracts=[1])
    rollovers = [RolloverRow(0, 1, at("2025-01-01"), Decimal("0.1"))]
    draws = [DrawRow(0, at(end), Decimal(500)) for end in ("2024-12-01", "2025-01-01")]
    runs = BalanceRuns(connection, [OLD, NEW], [old, new], draws, rollovers=rollovers)
    runs.drawn[0] = Decimal(5_000)
    assert entries_of(runs, "2024-11", 6)[-3:] == [
        ("2024-12", 0, "POSTPAID_COMMIT_ROLLOVER", at("2025-01-01"), -1_000, 3_000),
        ("2025-01", 1, "POSTPAID_COMMIT_INITIAL_BALANCE", at("2025-01-01"), 1_000, 1_000),
        ("2025-03", 0, "POSTPAID_COMMIT_TRUEUP", charged_at, -3_000, 0),
    ]


def test_a_limit_with_many_places_is_exact(connection: duckdb.DuckDBPyConnection) -> None:
    balances, _, rollovers = renewed(100_000)
    balances[0] = BalanceRow("PREPAID", [replace(YEAR, amount=Decimal("499999999999.00000000000000000003"))])
    runs = BalanceRuns(
        connection, [OLD, NEW], balances, [], rollovers=[replace(rollovers[0], fraction=Decimal("0.999999"))]
    )
    runs.run(month("2024-12"))
    assert runs.rows("SELECT at_most FROM rollover_limits") == [(Decimal("499999499999.00000100000000000002999997"),)]


def test_a_segment_that_rolls_over_is_settled_at_the_transition_whoever_else_may_draw_on_it(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    moment = at("2024-01-16")
    old, new = ContractRow(at("2024-01-01"), ending_before=moment), ContractRow(moment)
    quarterly = ContractRow(at("2024-01-01"), frequency="QUARTERLY")
    balances = [
        BalanceRow("PREPAID", [segment(100, "2024-01-01", "2024-01-16")], contracts=[0, 2]),
        BalanceRow("PREPAID", [SegmentRow(None, moment, at("2025-01-01"))], contracts=[1]),
    ]
    rollovers = [RolloverRow(0, 1, moment, Decimal(1))]
    runs = BalanceRuns(connection, [old, new, quarterly], balances, rollovers=rollovers)
    assert [(row[0], row[2], row[4]) for row in entries_of(runs, "2024-01", 1)] == [
        ("2024-01", "PREPAID_COMMIT_SEGMENT_START", 100),
        ("2024-01", "PREPAID_COMMIT_ROLLOVER", -100),
        ("2024-01", "PREPAID_COMMIT_SEGMENT_START", 100),
    ]
