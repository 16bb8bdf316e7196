"""Each control sees the damage that it is there for: a digit, a line or a file behind what was published or landed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.reconcile.reconciled import Billed, asked, failing, published, recommit, rewrite

#: One cent, or a digit of it, more in the first row of a table, by a column.
MORE = "SELECT * REPLACE ({column} + CASE WHEN rowid = 0 THEN 0.01 ELSE 0 END AS {column}) FROM rows"


def more(column: str) -> str:
    return MORE.replace("{column}", column)


#: What is done to which output of which scenario, and every control that then does not pass among those asked.
DAMAGE = {
    "a digit of a line": (
        "starter",
        "line_items",
        more("total"),
        ["C07 USD (cents) FAIL", "C07 invoices FAIL"],
    ),
    "a line that is gone": (
        "starter",
        "line_items",
        "SELECT * FROM rows WHERE rowid > 0",
        ["C06 groups FAIL", "C06 metric Input Tokens WARN", "C07 USD (cents) FAIL", "C07 invoices FAIL"],
    ),
    "a line without an invoice": (
        "starter",
        "line_items",
        "SELECT * REPLACE (CASE WHEN rowid = 0 THEN 'x' ELSE invoice_id END AS invoice_id) FROM rows",
        [
            "C06 groups FAIL",
            "C06 metric Input Tokens WARN",
            "C07 invoices FAIL",
            "C15 lines FAIL",
        ],
    ),
    "a digit of an invoice": (
        "starter",
        "invoices",
        more("total"),
        ["C07 USD (cents) FAIL", "C07 invoices FAIL", "C12 invoices WARN"],
    ),
    "an invoice that says too many lines": (
        "starter",
        "invoices",
        "SELECT * REPLACE (line_items + 1 AS line_items) FROM rows",
        ["C07 invoices FAIL"],
    ),
    "a digit of what was metered": (
        "starter",
        "metered_usage",
        more("quantity"),
        ["C06 groups FAIL", "C06 metric Input Tokens WARN"],
    ),
    "unrated usage that is gone": (
        "ai-saas",
        "unrated",
        "SELECT * FROM rows WHERE rowid > 0",
        ["C06 groups FAIL", "C06 entitled groups WARN", "C06 metric Input tokens WARN"],
    ),
    "a digit of what a balance closed with": (
        "widgets-express",
        "segment_balances",
        more("closing"),
        ["C08 balance segments FAIL"],
    ),
    "a digit of what a balance opened with": (
        "widgets-express",
        "segment_balances",
        "SELECT * REPLACE (opening + 1 AS opening, closing + 1 AS closing) FROM rows",
        ["C08 openings FAIL"],
    ),
    "a draw that no line takes": (
        "widgets-express",
        "segment_balances",
        "SELECT * REPLACE (drawn + 1 AS drawn, closing - 1 AS closing) FROM rows",
        ["C08 USD (cents) FAIL", "C08 balance segments FAIL"],
    ),
    "a ledger entry that is gone": (
        "widgets-express",
        "ledger",
        "SELECT * FROM rows WHERE rowid > 0",
        ["C08 balance segments FAIL"],
    ),
    "a statement that is billed twice": (
        "starter",
        "invoices",
        "SELECT * FROM rows UNION ALL SELECT * REPLACE ('x' AS id) FROM rows",
        ["C07 invoices FAIL", "C07 USD (cents) FAIL", "C10 statement periods FAIL"],
    ),
    "a statement that begins late": (
        "widgets-express",
        "invoices",
        "SELECT * REPLACE (starting_at + INTERVAL 1 HOUR AS starting_at) FROM rows",
        ["C10 statement periods FAIL"],
    ),
    "a statement that begins early": (
        "widgets-express",
        "invoices",
        "SELECT * REPLACE (starting_at - INTERVAL 1 HOUR AS starting_at) FROM rows",
        ["C10 statement periods FAIL"],
    ),
    # Whoever voids an invoice also takes back what was metered for it.
    "a void invoice that is not billed anew": (
        "starter",
        "invoices",
        "SELECT * REPLACE ('VOID' AS status) FROM rows",
        [
            "C06 groups FAIL",
            "C06 metric Active users WARN",
            "C06 metric Input Tokens WARN",
            "C10 standing invoices WARN",
        ],
    ),
    "a contract that is parked": (
        "starter",
        "parked",
        "SELECT 'x' AS contract_id, 'x' AS customer_id, NULL AS product_id, 'r' AS reason, 'd' AS detail",
        ["C10 contracts WARN"],
    ),
    "a payable amount that is off": (
        "starter",
        "invoices",
        "SELECT * REPLACE (payable + 1 AS payable, rounding_residual + 1 AS rounding_residual) FROM rows",
        ["C12 USD (cents) WARN", "C12 invoices WARN"],
    ),
    "a line in another currency": (
        "starter",
        "line_items",
        "SELECT * REPLACE (CASE WHEN rowid = 0 THEN 'eur' ELSE credit_type_id END AS credit_type_id) FROM rows",
        [
            "C07 USD (cents) FAIL",
            "C07 invoices FAIL",
            "C15 custom pricing units on invoices FAIL",
            "C15 lines FAIL",
        ],
    ),
    "a conversion of something else": (
        "agreements",
        "line_items",
        "SELECT * REPLACE (quantity + CASE WHEN type = 'cpu_conversion' THEN 1 ELSE 0 END AS quantity) FROM rows",
        ["C15 custom pricing units on invoices FAIL", "C15 lines FAIL"],
    ),
    "a consolidated invoice in another currency": (
        "agreements",
        "invoices",
        "SELECT * REPLACE (CASE type WHEN 'USAGE_CONSOLIDATED' THEN 'eur' ELSE credit_type_id END AS credit_type_id)"
        " FROM rows",
        [
            "C07 invoices FAIL",
            "C15 consolidated invoices FAIL",
            "C15 custom pricing units on invoices FAIL",
            "C15 lines FAIL",
        ],
    ),
    "a balance in another currency": (
        "widgets-express",
        "segment_balances",
        "SELECT * REPLACE ('eur' AS credit_type_id) FROM rows",
        ["C15 covered lines FAIL"],
    ),
}

#: The controls that are asked of every damage, and what the scenarios are told of without any.
ASKED = ("C06", "C07", "C08", "C10", "C12", "C15")


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_seen(damage: str, billed: Billed) -> None:
    name, output, select, expected = DAMAGE[damage]
    workspace, month = billed(name)
    rewrite(published(workspace, month, output), select)
    found = failing(asked(workspace, month, *ASKED))
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize("name", ["starter", "agreements", "widgets-express"])
def test_without_damage_nothing_is_seen(name: str, billed: Billed) -> None:
    workspace, month = billed(name)
    rows = asked(workspace, month, *ASKED, "C02", "C11")
    assert failing(rows) == []
    assert len(rows) > 15


def test_offsetting_digits_are_seen_although_sums_agree(billed: Billed) -> None:
    workspace, month = billed("ai-saas")
    moved = "SELECT * REPLACE (quantity + CASE rowid WHEN 0 THEN 1 WHEN 1 THEN -1 ELSE 0 END AS quantity) FROM rows"
    rewrite(published(workspace, month, "metered_usage"), moved)
    rows = asked(workspace, month, "C06")
    assert (rows["C06 groups"].status, rows["C06 groups"].diff) == ("FAIL", "2")


def test_sums_keep_more_digits_than_an_amount_has(billed: Billed) -> None:
    workspace, month = billed("starter")
    seven_large_ones = """
        SELECT one.* REPLACE (500000000000.00000000000000000000000001 AS total, 'invoice ' || n AS {id})
        FROM (FROM rows LIMIT 1) AS one, range(7) AS numbers(n)
    """
    rewrite(published(workspace, month, "invoices"), seven_large_ones.replace("{id}", "id"))
    rewrite(published(workspace, month, "line_items"), seven_large_ones.replace("{id}", "invoice_id"))
    row = asked(workspace, month, "C07")["C07 USD (cents)"]
    assert (row.status, row.left) == ("PASS", "3500000000000.00000000000000000000000007")
    assert row.right == row.left


def test_a_lost_refusal_is_seen(billed: Billed) -> None:
    workspace, month = billed("ai-saas")
    (path,) = (workspace.lake / "rejected_events").glob("*.parquet")
    rewrite(path, "SELECT * FROM rows WHERE verdict = 'duplicate' OR rowid > 20")
    found = failing(asked(workspace, month, "C02"))
    assert found == ["C02 read FAIL", "C02 rejected FAIL"]


def test_lost_events_are_seen(billed: Billed) -> None:
    workspace, month = billed("starter")
    rewrite(min(workspace.lake.glob("events/*/*.parquet")), "SELECT * FROM rows WHERE rowid > 0")
    found = workspace.reconcile(month)
    failed = {f"{row['check_id']} {row['scope']}" for row in found.controls if row["status"] == "FAIL"}
    assert failed >= {"C01 event files", "C01 event file rows", "C02 read", "C02 accepted", "C05 groups"}
    assert len(found.details["unequal_usage"])
    (damaged,) = found.details["damaged_files"]
    assert damaged["finding"] == "changed"
    (landing,) = found.details["unequal_landings"]
    assert (landing["accepted"], landing["accepted_found"]) == (20, 19)
    assert found.failed == tuple(sorted(found.failed))


def test_a_lost_event_file_is_seen(billed: Billed) -> None:
    workspace, month = billed("starter")
    min(workspace.lake.glob("events/*/*.parquet")).unlink()
    found = workspace.reconcile(month)
    assert {"C01", "C02"} <= set(found.failed)
    assert [row["finding"] for row in found.details["damaged_files"]] == ["missing"]
    shown = [row for row in found.controls if row["left"] is None and row["status"] == "FAIL"]
    assert shown and all(str(workspace.root) not in str(row["explanation"]) for row in found.controls)


def test_an_empty_day_is_named(billed: Billed) -> None:
    workspace, month = billed("starter")
    days = {str(row["day"]) for row in workspace.reconcile(month).details["missing_days"]}
    assert "2026-10-02" in days and "2026-10-01" not in days


def test_a_changed_published_file_is_seen(billed: Billed) -> None:
    workspace, month = billed("starter")
    rewrite(published(workspace, month, "line_items"), more("total"))
    found = workspace.reconcile(month)
    assert {"C01", "C07"} == set(found.failed)
    (damaged,) = found.details["damaged_files"]
    assert damaged["kind"] == "line_items"


def test_what_was_metered_is_held_against_the_events(billed: Billed) -> None:
    workspace, month = billed("starter")
    rewrite(published(workspace, month, "metered_usage"), more("metric_value_after"))
    recommit(workspace, month, "metered_usage")
    found = workspace.reconcile(month)
    assert found.failed == ("C05",)
    (row,) = found.details["unequal_usage"].arrow().to_pylist()
    assert row["metered_value"] - row["recomputed_value"] == Decimal("0.01")


def test_days_that_do_not_add_up_are_seen(billed: Billed) -> None:
    workspace, month = billed("starter")
    rewrite(published(workspace, month, "invoices"), more("total"))
    recommit(workspace, month, "invoices")
    rows = {row["check_id"]: row for row in workspace.reconcile(month, breakdowns=True).controls}
    assert rows["C09"]["status"] == "FAIL"


def test_a_statement_that_was_not_billed_is_seen(billed: Billed) -> None:
    workspace, month = billed("agreements")
    drop = "SELECT * FROM rows WHERE type <> 'USAGE' OR contract_id <> (SELECT min(contract_id) FROM rows)"
    rewrite(published(workspace, month, "invoices"), drop)
    found = workspace.reconcile(month)
    assert "C10" in found.failed
    assert len(found.details["unbilled_statements"]) == 1


def test_an_unknown_customer_is_named(billed: Billed) -> None:
    workspace, month = billed("ai-saas")
    unknown = workspace.reconcile(month).details["unknown_customers"]
    assert sum(unknown.arrow()["events"].to_pylist()) == 6


def test_usage_without_a_rate_fails_where_it_is_said_to(billed: Billed) -> None:
    workspace, month = billed("ai-saas")
    with (workspace.root / "duckbill.toml").open("a", encoding="utf-8") as file:
        file.write('\n[reconcile]\nunrated = "fail"\n')
    found = type(workspace)(workspace.root).reconcile(month)
    assert found.failed == ("C06",)
    assert any(row["estimated_value"] for row in found.details["unrated_usage"])


def test_a_finalized_invoice_that_changed_is_seen(billed: Billed) -> None:
    workspace, month = billed("starter")
    workspace.finalize(month, now="2026-11-05T00:00:00Z")
    rows = asked(workspace, month, "C11")
    assert (rows["C11 finalized invoices"].status, rows["C11 finalized invoices"].left) == ("PASS", "1")
    rewrite(published(workspace, month, "line_items"), "SELECT * REPLACE (name || '.' AS name) FROM rows")
    assert failing(asked(workspace, month, "C11")) == ["C11 finalized invoices FAIL"]


def test_the_months_before_are_compared(billed: Billed) -> None:
    workspace, month = billed("widgets-express")
    before = asked(workspace, month, "C13")["C13 USD (cents)"]
    rewrite(published(workspace, month, "invoices"), "SELECT * REPLACE (total * 16 AS total) FROM rows")
    row = asked(workspace, month, "C13")["C13 USD (cents)"]
    assert (before.status, row.status) == ("WARN", "PASS")
    assert Decimal(row.tolerance or "0") * 4 == Decimal(row.right or "0")


def test_an_event_in_no_bucket_is_seen(billed: Billed, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, month = billed("starter")
    whole = workspace.buckets(month).arrow()
    monkeypatch.setattr("engine.reconciling.period_buckets", lambda *_: whole.slice(2))
    found = workspace.reconcile(month)
    assert found.failed == ("C04",)
    assert len(found.details["unequal_days"]) >= 1
    assert {row["scope"] for row in found.controls if row["status"] == "FAIL"} == {"events", "days with events"}
