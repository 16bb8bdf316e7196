"""Every invariant that a run checks is noticed when it is broken, by as little as one digit."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

import engine
from engine.billing import Terms, bill
from engine.catalog.catalog import Catalog
from engine.catalog.credit_type import USD_CENTS
from engine.events.table import EventTable
from engine.executors.duckdb import DuckDBExecutor
from engine.rating.corrections import CORRECTIONS
from engine.rating.pipeline import CHECKS, check_sql
from engine.values.period import parse_period

SCENARIO = Path(__file__).resolve().parents[2] / "fixtures" / "agreements"

#: What Birch draws on: a credit, a commit that makes its calls cheaper, and a pledge that is short in the end.
BALANCES = """
products:
  - { name: Birch balance, type: FIXED }

contract_edits:
  - contract: Birch team
    add_credits:
      - name: Birch credit
        product: Birch balance
        applicable_products: [API calls (thousands)]
        priority: 1
        access_schedule:
          schedule_items:
            - { amount: 210, starting_at: "2026-10-05T00:00:00Z", ending_before: "2026-11-01T00:00:00Z" }
    add_commits:
      - name: Birch commit
        type: PREPAID
        product: Birch balance
        applicable_products: [API calls (thousands)]
        priority: 2
        access_schedule:
          schedule_items:
            - { amount: 700, starting_at: "2026-10-05T00:00:00Z", ending_before: "2026-11-01T00:00:00Z" }
      - name: Birch pledge
        type: POSTPAID
        product: Birch balance
        applicable_products: [API calls (thousands)]
        access_schedule:
          schedule_items:
            - { amount: 100, starting_at: "2026-10-16T00:00:00Z", ending_before: "2026-10-20T00:00:00Z" }
        invoice_schedule:
          schedule_items: [{ timestamp: "2026-10-25T00:00:00Z", amount: 100 }]
    add_overrides:
      - starting_at: "2026-10-15T00:00:00Z"
        type: OVERWRITE
        is_commit_specific: true
        overwrite_rate: { rate_type: FLAT, price: 30 }
        override_specifiers: [{ product: API calls (thousands), commit_ids: [Birch commit] }]
"""

_LAST_DIGIT = "0.00000000000000000000000001::DECIMAL(38, 26)"
_QUANTITY_DIGIT = "0.000000000000000001::DECIMAL(38, 18)"

#: What Birch's balances leave of its calls, and the part that is covered at 30 instead of 50.
_REST = "starting_at = '2026-10-20' AND unit_price = 50 AND commit_id IS NULL"
_SPECIAL = "type = 'usage' AND unit_price = 30 AND commit_id IS NOT NULL"

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
    # What no balance has covered is exact on the invoices of contracts that have balances, too.
    *(
        ("amounts_are_products", f"UPDATE line_items SET {column} = {column} + {digit} WHERE name = '{name}'")
        for name in ("Team seats", "Birch pledge true-up")
        for column, digit in (("total", _LAST_DIGIT), ("quantity", _QUANTITY_DIGIT), ("unit_price", _QUANTITY_DIGIT))
    ),
    # Two parts of the line are covered, so each part may be off by the twelfth place of its quantity.
    ("amounts_are_products", f"UPDATE line_items SET quantity = quantity + 0.0000000000011 WHERE {_REST}"),
    ("amounts_are_products", f"UPDATE line_items SET unit_price = unit_price + 0.0000000001 WHERE {_REST}"),
    ("amounts_are_products", f"UPDATE line_items SET total = total - 0.000000000051 WHERE {_REST}"),
    ("amounts_are_products", f"UPDATE line_items SET total = total + 0.000000000021 WHERE {_SPECIAL}"),
    ("amounts_are_products", f"UPDATE line_items SET total = NULL WHERE {_SPECIAL}"),
    ("balances_roll_forward", f"UPDATE segment_balances SET closing = closing + {_LAST_DIGIT} WHERE kind = 'CREDIT'"),
    ("balances_roll_forward", f"UPDATE ledger SET amount = amount - {_LAST_DIGIT} WHERE type LIKE '%TRUEUP'"),
    (
        "balances_stay_in_bounds",
        f"UPDATE segment_balances SET drawn = drawn + {_LAST_DIGIT} WHERE balance_name = 'Birch commit'",
    ),
    (
        "balances_stay_in_bounds",
        "UPDATE balance_segments SET ending_before = '2026-10-20' FROM balances "
        "WHERE balances.balance_no = balance_segments.balance_no AND balance_name = 'Birch credit'",
    ),
    ("corrections_are_billed", f"UPDATE line_items SET total = total + {_LAST_DIGIT} WHERE type = 'correction'"),
    ("corrections_are_billed", "DELETE FROM line_items WHERE type = 'correction'"),
    ("composites_account_for_spend", "UPDATE line_items SET quantity = quantity + 1 WHERE name = 'Premium support'"),
    ("composites_account_for_spend", "DELETE FROM line_items WHERE name = 'Premium support'"),
    (
        "consolidations_are_sums",
        f"UPDATE invoices SET total = total + {_LAST_DIGIT} WHERE type = 'USAGE_CONSOLIDATED'",
    ),
    *(
        ("draws_are_applied", f"UPDATE line_items SET total = total - {_LAST_DIGIT} WHERE name = '{name}'")
        for name in ("Birch credit applied", "Birch commit applied", "Birch pledge true-up")
    ),
    ("draws_are_applied", f"UPDATE draws SET taken = taken + {_LAST_DIGIT} WHERE amount = 210"),
    ("draws_are_applied", "DELETE FROM line_items WHERE name = 'Birch credit applied'"),
    ("invoices_are_sums", f"UPDATE invoices SET total = total - {_LAST_DIGIT} WHERE type = 'SCHEDULED'"),
    ("invoices_are_sums", "UPDATE line_items SET in_total = false WHERE name = 'Birch credit applied'"),
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
    ("splits_are_whole", f"UPDATE drawn_lines SET total = total + {_LAST_DIGIT} WHERE own_name = 'Team seats'"),
    (
        "splits_are_whole",
        f"UPDATE drawn_lines SET total = total - {_LAST_DIGIT} WHERE own_name = 'Birch credit applied'",
    ),
    (
        "splits_are_whole",
        f"UPDATE drawn_lines SET total = total + {_LAST_DIGIT} WHERE drawn_as = 'covered' AND is_special",
    ),
    *(
        ("splits_are_whole", f"UPDATE drawn_lines SET quantity = quantity - {_QUANTITY_DIGIT} WHERE {part}")
        for part in ("drawn_as = 'covered' AND is_special", "drawn_as = 'covered' AND total = 210", "drawn_as = 'rest'")
    ),
    ("splits_are_whole", "DELETE FROM drawn_lines WHERE drawn_as = 'rest' AND total > 0 AND own_name IS NULL"),
    ("splits_are_whole", "DELETE FROM drawn_lines WHERE drawn_as = 'applied'"),
    ("subscriptions_are_accounted_for", "DELETE FROM subscription_lines WHERE quantity = 2"),
    ("units_are_converted", "DELETE FROM line_items WHERE type = 'cpu_conversion'"),
    ("units_are_converted", "UPDATE line_items SET quantity = quantity + 1 WHERE type = 'cpu_conversion'"),
    ("units_are_converted", "DELETE FROM line_items WHERE name = 'GPU seconds' AND quantity = 500"),
]


#: Nine credits of one cent each, on a line at a price that no such quantity divides: 27 units of 30 are left, and
#: nine thirds of the twelfth place.
CENTS = """
products:
  - { name: Birch balance, type: FIXED }

contract_edits:
  - contract: Birch team
    add_overrides:
      - starting_at: "2026-10-15T00:00:00Z"
        type: OVERWRITE
        overwrite_rate: { rate_type: FLAT, price: 3 }
        override_specifiers: [{ product: API calls (thousands) }]
    add_credits:
""" + "".join(
    f"""
      - name: Cent {number}
        product: Birch balance
        applicable_products: [API calls (thousands)]
        access_schedule:
          schedule_items:
            - {{ amount: 1, starting_at: "2026-10-05T00:00:00Z", ending_before: "2026-11-01T00:00:00Z" }}
"""
    for number in range(9)
)


@contextmanager
def run(folder: Path, balances: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with every table of a run of the scenario with balances, which has passed its checks."""
    shutil.copytree(SCENARIO, folder, ignore=shutil.ignore_patterns("lake", "runs", "expected"))
    (folder / "catalog" / "balances.yml").write_text(balances, encoding="utf-8")
    workspace = engine.open(folder)
    workspace.land(folder / "events" / "events.ndjson", now="2026-11-01T06:00:00Z")
    snapshot = EventTable(workspace.lake).snapshot()
    assert snapshot is not None
    with workspace.connect() as connection:
        executor = DuckDBExecutor(connection)
        terms = Terms(corrections=_correction(workspace.catalog))
        bill(workspace.catalog, snapshot, parse_period("2026-10"), executor, terms, lambda step, done, total: None)
        yield connection


def _correction(catalog: Catalog) -> pa.Table:
    """Something that Birch is billed for September."""
    birch = catalog.customer_named("Birch").id
    (product,) = (each for each in catalog.products if each.name == "API calls (thousands)")
    row = {
        "contract_id": next(each.id for each in catalog.contracts if each.customer_id == birch),
        "product_id": product.id,
        "product_name": product.name,
        "corrected_from": datetime(2026, 9, 1),
        "corrected_until": datetime(2026, 10, 1),
        "credit_type_id": USD_CENTS,
        "amount": Decimal("12.5"),
    }
    return pa.Table.from_pylist([row], CORRECTIONS)


@pytest.fixture(scope="module")
def billed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with run(tmp_path_factory.mktemp("checks") / "workspace", BALANCES) as connection:
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


def test_what_many_small_balances_leave_of_a_line_passes(tmp_path: Path) -> None:
    with run(tmp_path / "workspace", CENTS) as connection:
        rest = "SELECT quantity, total FROM drawn_lines WHERE drawn_as = 'rest' AND unit_price = 3 AND total > 0"
        assert connection.execute(rest).fetchall() == [(Decimal("27.000000000003"), Decimal(81))]


def test_every_check_is_broken_here() -> None:
    assert {check for check, _ in BROKEN} == set(CHECKS)
