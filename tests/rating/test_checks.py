"""Every invariant that a run checks is noticed when it is broken, by as little as one digit."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

import engine
from engine.billing import Terms, bill
from engine.events.table import EventTable
from engine.executors.duckdb import DuckDBExecutor
from engine.rating.pipeline import CHECKS, check_sql
from engine.values.period import parse_period

SCENARIO = Path(__file__).resolve().parents[2] / "fixtures" / "agreements"

_LAST_DIGIT = "0.00000000000000000000000001::DECIMAL(38, 26)"

BROKEN = [
    *(
        ("amounts_are_products", f"UPDATE line_items SET total = total + {_LAST_DIGIT} WHERE name = '{name}'")
        for name in (
            "API calls (thousands)",
            "Premium support",
            "Premium support minimum",
            "Seats",
            "Onboarding",
            "AI credits to USD (cents)",
        )
    ),
    ("amounts_are_products", "UPDATE line_items SET total = NULL WHERE name = 'Seats'"),
    ("composites_account_for_spend", "UPDATE line_items SET quantity = quantity + 1 WHERE name = 'Premium support'"),
    ("composites_account_for_spend", "DELETE FROM line_items WHERE name = 'Premium support'"),
    (
        "consolidations_are_sums",
        f"UPDATE invoices SET total = total + {_LAST_DIGIT} WHERE type = 'USAGE_CONSOLIDATED'",
    ),
    ("invoices_are_sums", f"UPDATE invoices SET total = total - {_LAST_DIGIT} WHERE type = 'SCHEDULED'"),
    ("invoices_are_sums", "UPDATE invoices SET line_items = line_items + 1 WHERE customer_name = 'Birch'"),
    ("invoices_are_sums", "DELETE FROM line_items WHERE name = 'Loyalty discount'"),
    ("invoices_are_sums", "DELETE FROM invoices WHERE type = 'SCHEDULED'"),
    ("invoices_are_sums", "UPDATE line_items SET credit_type_id = 'EUR' WHERE name = 'Seats'"),
    (
        "lines_do_not_overlap",
        "UPDATE line_items SET starting_at = starting_at - to_hours(1) WHERE starting_at = '2026-10-16'",
    ),
    ("lines_do_not_overlap", "INSERT INTO line_items FROM line_items WHERE name = 'Premium support'"),
    (
        "lines_lie_in_their_invoice",
        "UPDATE line_items SET ending_before = ending_before + to_hours(1) WHERE name = 'GPU seconds'",
    ),
    (
        "lines_lie_in_their_invoice",
        "UPDATE line_items SET starting_at = starting_at - to_hours(1) WHERE name = 'GPU seconds'",
    ),
    ("lines_lie_in_their_invoice", "UPDATE line_items SET starting_at = ending_before WHERE name = 'GPU seconds'"),
    ("quantities_are_conserved", "DELETE FROM line_items WHERE name = 'GPU seconds' AND quantity = 500"),
    ("quantities_are_conserved", "UPDATE line_items SET quantity = quantity + 1 WHERE name = 'API calls (thousands)'"),
    ("subscriptions_are_accounted_for", "DELETE FROM subscription_lines WHERE quantity = 2"),
    ("units_are_converted", "DELETE FROM line_items WHERE type = 'cpu_conversion'"),
    ("units_are_converted", "UPDATE line_items SET quantity = quantity + 1 WHERE type = 'cpu_conversion'"),
    ("units_are_converted", "DELETE FROM line_items WHERE name = 'GPU seconds' AND quantity = 500"),
]


@pytest.fixture(scope="module")
def billed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with every table of a run, which has passed its checks."""
    copy = tmp_path_factory.mktemp("checks") / "workspace"
    shutil.copytree(SCENARIO, copy, ignore=shutil.ignore_patterns("lake", "runs", "expected"))
    workspace = engine.open(copy)
    workspace.land(copy / "events" / "events.ndjson", now="2026-11-01T06:00:00Z")
    snapshot = EventTable(workspace.lake).snapshot()
    assert snapshot is not None
    with workspace.connect() as connection:
        executor = DuckDBExecutor(connection)
        bill(workspace.catalog, snapshot, parse_period("2026-10"), executor, Terms(), lambda step, done, total: None)
        yield connection


@pytest.mark.parametrize(("check", "damage"), BROKEN, ids=[f"{check}-{at}" for at, (check, _) in enumerate(BROKEN)])
def test_a_broken_invariant_is_noticed(billed: duckdb.DuckDBPyConnection, check: str, damage: str) -> None:
    assert billed.execute(check_sql(check)).fetchall() == []
    billed.execute("BEGIN")
    try:
        billed.execute(damage)
        assert billed.execute(check_sql(check)).fetchall()
    finally:
        billed.execute("ROLLBACK")


def test_every_check_is_broken_here() -> None:
    assert {check for check, _ in BROKEN} == set(CHECKS)
