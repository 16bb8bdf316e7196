"""Every invariant of balances and their ledger is noticed when it is broken, by as little as one digit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import duckdb
import pytest

from engine.executors.connection import EngineSettings, connect
from engine.rating.pipeline import check_sql
from tests.rating.balance_runs import CHECKS, BalanceRow, BalanceRuns, DrawRow, ManualRow, RolloverRow, SegmentRow
from tests.rating.recurring import ContractRow, at, month

_DIGIT = "0.00000000000000000000000001::DECIMAL(38, 26)"

_BOOKED = ("granted", "manual", "drawn", "rolled_over", "expired", "trued_up", "opening", "closing")

BROKEN = [
    *(("balances_roll_forward", f"UPDATE segment_balances SET {name} = {name} + {_DIGIT}") for name in _BOOKED),
    ("balances_roll_forward", "UPDATE segment_balances SET manual = manual + 1, granted = granted - 1"),
    ("balances_roll_forward", "UPDATE segment_balances SET opening = NULL"),
    ("balances_roll_forward", f"UPDATE ledger SET amount = amount - {_DIGIT} WHERE type LIKE '%EXPIRATION'"),
    ("balances_roll_forward", f"UPDATE ledger SET balance_after = balance_after + {_DIGIT}"),
    ("balances_roll_forward", "UPDATE ledger SET type = 'CREDIT_EXPIRATION' WHERE type = 'CREDIT_MANUAL'"),
    ("balances_roll_forward", "DELETE FROM ledger WHERE type LIKE '%ROLLOVER'"),
    ("balances_roll_forward", "DELETE FROM segment_balances WHERE kind = 'POSTPAID'"),
    ("balances_roll_forward", f"UPDATE segment_rollovers SET rolled = rolled + {_DIGIT}"),
    ("draws_are_applied", f"UPDATE draws SET taken = taken + {_DIGIT} WHERE line_no = 0"),
    ("draws_are_applied", "DELETE FROM draws WHERE line_no = 0"),
    ("draws_are_applied", f"UPDATE line_items SET total = total + {_DIGIT} WHERE id = 'applied 0'"),
    ("draws_are_applied", "UPDATE line_items SET quantity_consumed = quantity_consumed + 1 WHERE id = 'applied 2'"),
    ("draws_are_applied", "UPDATE line_items SET commit_segment_id = 'segment 1' WHERE id = 'applied 0'"),
    ("draws_are_applied", "UPDATE line_items SET invoice_id = 'another' WHERE id = 'applied 0'"),
    ("draws_are_applied", "DELETE FROM line_items WHERE id = 'applied 0'"),
    ("draws_are_applied", "UPDATE ledger SET line_item_ids = '[]' WHERE type = 'CREDIT_AUTOMATED_INVOICE_DEDUCTION'"),
    ("draws_are_applied", "DELETE FROM ledger WHERE type = 'CREDIT_AUTOMATED_INVOICE_DEDUCTION'"),
    ("draws_are_applied", "INSERT INTO ledger FROM ledger WHERE type = 'CREDIT_AUTOMATED_INVOICE_DEDUCTION'"),
    ("draws_are_applied", f"UPDATE line_items SET total = total + {_DIGIT} WHERE type = 'commit_purchase'"),
    ("draws_are_applied", "DELETE FROM line_items WHERE type = 'commit_purchase'"),
    ("draws_are_applied", "DELETE FROM ledger WHERE type = 'POSTPAID_COMMIT_TRUEUP'"),
    ("balances_stay_in_bounds", f"UPDATE segment_balances SET drawn = opening + granted + manual + {_DIGIT}"),
    ("balances_stay_in_bounds", "UPDATE segment_balances SET drawn = -1"),
    ("balances_stay_in_bounds", "UPDATE segment_balances SET expired = -1"),
    ("balances_stay_in_bounds", f"UPDATE segment_balances SET closing = -{_DIGIT} WHERE manual = 0"),
    ("balances_stay_in_bounds", "UPDATE line_items SET starting_at = '2023-12-31 23:00:00' WHERE id = 'covered 0'"),
    ("balances_stay_in_bounds", "UPDATE line_items SET starting_at = '2024-01-16' WHERE id = 'covered 0'"),
    (
        "balances_stay_in_bounds",
        "UPDATE line_items SET type = 'usage', billable_metric_id = NULL, ending_before = '2024-01-16 01:00:00' "
        "WHERE id = 'covered 0'",
    ),
    ("balances_stay_in_bounds", "UPDATE line_items SET commit_segment_id = 'none' WHERE id = 'covered 0'"),
    ("balances_stay_in_bounds", "UPDATE line_items SET contract_id = 'contract 1' WHERE id = 'covered 0'"),
    ("balances_stay_in_bounds", "UPDATE balance_reach SET product_id = 'another'"),
    ("balances_stay_in_bounds", "UPDATE balance_reach SET starting_at = '2024-01-12'"),
    ("balances_stay_in_bounds", "UPDATE line_items SET credit_type_id = 'eur' WHERE id = 'covered 0'"),
    (
        "balances_stay_in_bounds",
        "INSERT INTO threshold_releases VALUES ('segment 0', 'contract 0', TIMESTAMP '2024-03-01', 'SPEND')",
    ),
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BalanceRuns]:
    """A run with every kind of entry, which has passed its checks."""
    moment = at("2024-01-16")
    first = SegmentRow(Decimal(500), at("2024-01-01"), moment)
    balances = [
        BalanceRow("CREDIT", [first]),
        BalanceRow("POSTPAID", [first], charged_at=at("2024-01-20")),
        BalanceRow("CREDIT", [replace(first, ending_before=at("2024-02-01"))], access_type="QUANTITY"),
        BalanceRow("PREPAID", [first]),
        BalanceRow("PREPAID", [SegmentRow(None, moment, at("2025-01-01"))], contracts=[1]),
    ]
    with connect(EngineSettings(threads=1), tmp_path_factory.mktemp("spill")) as connection:
        found = BalanceRuns(
            connection,
            [ContractRow(at("2024-01-01")), ContractRow(moment)],
            balances,
            [DrawRow(number, at("2024-02-01"), Decimal(100 + number)) for number in (0, 1, 2)],
            [ManualRow(0, at("2024-01-10"), Decimal(-1))],
            [RolloverRow(3, 4, moment, Decimal("0.5"))],
        )
        found.run(month("2024-01"))
        yield found


@pytest.mark.parametrize(("check", "damage"), BROKEN, ids=[f"{check}-{at}" for at, (check, _) in enumerate(BROKEN)])
def test_a_broken_invariant_of_balances_is_noticed(runs: BalanceRuns, check: str, damage: str) -> None:
    assert runs.rows(check_sql(check)) == []
    connection: duckdb.DuckDBPyConnection = runs.connection
    connection.execute("BEGIN")
    try:
        connection.execute(damage)
        assert runs.rows(check_sql(check))
    finally:
        connection.execute("ROLLBACK")


def test_a_balance_that_covers_conversions_or_a_spend_release_is_in_bounds(runs: BalanceRuns) -> None:
    harmless = (
        "UPDATE line_items SET product_id = NULL, billable_metric_id = NULL, ending_before = NULL "
        "WHERE id = 'covered 0'",
        "UPDATE line_items SET ending_before = '2024-03-01' WHERE id = 'covered 0'",
        "UPDATE line_items SET type = 'subscription', ending_before = '2024-03-01' WHERE id = 'covered 0'",
        "INSERT INTO threshold_releases VALUES ('segment 0', 'contract 0', TIMESTAMP '2024-02-01', 'SPEND')",
    )
    for change in harmless:
        runs.connection.execute("BEGIN")
        runs.connection.execute(change)
        assert runs.rows(check_sql("balances_stay_in_bounds")) == [], change
        runs.connection.execute("ROLLBACK")


def test_usage_that_is_billed_once_counts_by_the_last_instant_of_its_period(runs: BalanceRuns) -> None:
    runs.connection.execute("BEGIN")
    runs.connection.execute(
        "INSERT INTO product_meters VALUES ('calls', true, TIMESTAMP '2000-01-01', TIMESTAMP '2100-01-01')"
    )
    runs.connection.execute("UPDATE line_items SET starting_at = '2023-12-01' WHERE id = 'covered 0'")
    assert runs.rows(check_sql("balances_stay_in_bounds")) == []
    runs.connection.execute("UPDATE line_items SET period_ending_before = '2024-01-16 01:00' WHERE id = 'covered 0'")
    assert [row[1] for row in runs.rows(check_sql("balances_stay_in_bounds"))] == ["covered 0"] * 2
    runs.connection.execute("ROLLBACK")


def test_every_check_of_balances_is_broken_here() -> None:
    assert {check for check, _ in BROKEN} == set(CHECKS)
