"""What a night does with its months: runs, finalizes, looks for late usage, reconciles, and goes on after a failure."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from engine.due_months import Reason
from engine.errors import CatalogError, UserError, WorkspaceBusyError
from engine.lock import exclusive
from engine.runs import Run
from engine.workspace import Workspace
from tests.nights.shop import CATALOG, CUSTOMERS, night, send, shop, told, totals, write

FINAL = [("run", "published"), ("finalize", "finalized"), ("reconcile", "passed")]


def of(period: str, *steps: tuple[str, str]) -> list[tuple[str, str, str]]:
    return [(period, *step) for step in steps]


def test_two_months_night_by_night(tmp_path: Path) -> None:
    workspace = shop(tmp_path / "w")
    send(workspace, "acme", "2026-09-10T10", 70)
    send(workspace, "bolt", "2026-09-11T10", 20)

    first = night(workspace, "2026-09-12")
    assert told(first) == of("2026-09", ("run", "published"))
    assert first.done[0].reason == Reason.NOT_RUN and first.done[0].invoices == 2
    again = night(workspace, "2026-09-12")
    assert told(again) == of("2026-09", ("run", "unchanged")) and again.unchanged and again.exit_code == 0

    # September has ended; its grace has not.
    send(workspace, "acme", "2026-09-30T20", 5)
    assert told(night(workspace, "2026-10-01")) == of("2026-09", ("run", "published")) + of(
        "2026-10", ("run", "published")
    )
    assert {status for _, _, status in totals(workspace, "2026-09")} == {"DRAFT"}

    final = night(workspace, "2026-10-02")
    # October goes on from the balances of the September that became final.
    assert told(final) == of("2026-09", ("run", "unchanged"), *FINAL[1:]) + of("2026-10", ("run", "published"))
    assert final.summary["finalized"] == 2 and final.exit_code == 0
    assert totals(workspace, "2026-09") == {("Acme", "USAGE", "FINALIZED"): 0, ("Bolt", "USAGE", "FINALIZED"): 200}
    assert (workspace.root / "reconciliation" / "2026-09" / "controls.parquet").exists()
    settled = night(workspace, "2026-10-02")
    assert told(settled) == of("2026-10", ("run", "unchanged")) and settled.unchanged

    # What is charged on a date becomes final when it is issued, in the middle of the month.
    assert told(night(workspace, "2026-10-10")) == of("2026-10", ("run", "unchanged"), *FINAL[1:])
    assert totals(workspace, "2026-10")["Bolt", "SCHEDULED", "FINALIZED"] == 700


def test_late_usage_is_reported_once_and_changes_nothing(tmp_path: Path) -> None:
    workspace = shop(tmp_path / "w")
    send(workspace, "acme", "2026-09-10T10", 70)
    night(workspace, "2026-10-02")
    before = workspace.invoices("2026-09").arrow()

    send(workspace, "bolt", "2026-09-20T10", 3, arrived="2026-10-03T01")
    # Whoever runs the month by hand hides nothing from the night.
    workspace.run("2026-09", now="2026-10-03T01:45:00Z")
    late = night(workspace, "2026-10-03")
    assert told(late) == of("2026-09", ("late_usage", "found")) + of("2026-10", ("run", "published"))
    assert late.summary["late_usage"] == 1 and late.exit_code == 0
    assert told(night(workspace, "2026-10-03")) == of("2026-10", ("run", "unchanged"))
    (row,) = workspace.late_usage("2026-09")
    assert (row["customer_name"], row["late_quantity"], row["late_amount"]) == ("Bolt", 3, 30)
    columns = ("id", "status", "total", "finalized_at", "content_hash")
    after = workspace.invoices("2026-09").arrow()
    assert after.select(columns).to_pylist() == before.select(columns).to_pylist()


def test_late_usage_is_billed_anew_where_policy_says_so(tmp_path: Path) -> None:
    workspace = shop(tmp_path / "w", late_usage="regenerate")
    send(workspace, "acme", "2026-09-10T10", 70)
    send(workspace, "bolt", "2026-09-11T10", 20)
    night(workspace, "2026-10-02")

    send(workspace, "acme", "2026-09-20T10", 100, arrived="2026-10-03T01")
    anew = night(workspace, "2026-10-03")
    assert told(anew) == of(
        "2026-09",
        ("late_usage", "found"),
        ("regenerate", "regenerated"),
        ("run", "unchanged"),
        ("finalize", "finalized"),
        ("reconcile", "passed"),
    ) + of("2026-10", ("run", "published"))
    assert anew.summary["finalized"] == 1
    # 170 units come to 1700, of which the credit pays 1500; Bolt is not touched.
    assert totals(workspace, "2026-09") == {
        ("Acme", "USAGE", "VOID"): 0,
        ("Acme", "USAGE", "FINALIZED"): 200,
        ("Bolt", "USAGE", "FINALIZED"): 200,
    }
    (opened,) = workspace.balances(at="2026-10-03T00:00:00Z")
    assert (opened["granted"], opened["balance"]) == (1500, 0)
    assert told(night(workspace, "2026-10-04")) == of("2026-10", ("run", "unchanged"))
    for period in ("2026-09", "2026-10"):
        run_id = workspace.outputs.published_runs()[period]
        assert workspace.reproduce(run_id).differing == ()


def test_a_broken_catalog_changes_nothing_and_the_next_night_catches_up(tmp_path: Path) -> None:
    workspace = shop(tmp_path / "w")
    send(workspace, "acme", "2026-09-10T10", 70)
    night(workspace, "2026-09-11")
    published = workspace.outputs.published_runs()

    write(workspace.root, "products", CATALOG.replace("rate_type", "rate_typ"))
    send(workspace, "bolt", "2026-09-11T10", 20)
    for day in ("2026-09-12", "2026-10-02"):
        with pytest.raises(CatalogError):
            night(workspace, day)
    assert workspace.outputs.published_runs() == published

    write(workspace.root, "products", CATALOG)
    mended = night(workspace, "2026-10-03")
    assert told(mended) == of("2026-09", *FINAL) + of("2026-10", ("run", "published"))
    assert totals(workspace, "2026-09")["Bolt", "USAGE", "FINALIZED"] == 200


def test_a_contract_that_is_signed_late_is_billed_in_the_months_that_are_over(tmp_path: Path) -> None:
    workspace = shop(tmp_path / "w", finalize="after_grace")
    send(workspace, "coil", "2026-09-10T10", 5)
    night(workspace, "2026-10-02")
    assert totals(workspace, "2026-09")["Acme", "USAGE", "FINALIZED"] == 0

    changed_price = CATALOG.replace("price: 10", "price: 11")
    write(workspace.root, "products", changed_price)
    assert told(night(workspace, "2026-10-03")) == of("2026-10", ("run", "published"))
    contract = "  - {id: coils, customer: coil, rate_card: List, starting_at: 2026-09-01T00:00:00Z}\n"
    customer = CUSTOMERS.replace("contracts:\n", "  - {id: coil, name: Coil}\ncontracts:\n")
    write(workspace.root, "customers", customer + contract)
    signed = night(workspace, "2026-10-04")
    assert told(signed) == of("2026-09", *FINAL) + of("2026-10", ("run", "published"))
    assert signed.done[0].reason == Reason.TERMS
    assert totals(workspace, "2026-09") == {
        ("Acme", "USAGE", "FINALIZED"): 0,
        ("Bolt", "USAGE", "FINALIZED"): 0,
        ("Coil", "USAGE", "FINALIZED"): 55,
    }


def test_by_command_nothing_becomes_final_by_itself_and_drafts_stay_open(tmp_path: Path) -> None:
    workspace = shop(tmp_path / "w", finalize="by_command")
    send(workspace, "acme", "2026-09-10T10", 70)
    assert told(night(workspace, "2026-10-05")) == of("2026-09", ("run", "published")) + of(
        "2026-10", ("run", "published")
    )
    send(workspace, "acme", "2026-09-20T10", 100, arrived="2026-10-06T01")
    assert told(night(workspace, "2026-10-06"))[0] == ("2026-09", "run", "published")
    assert totals(workspace, "2026-09")["Acme", "USAGE", "DRAFT"] == Decimal(200)


def test_what_is_held_back_needs_attention_every_night_until_it_is_approved(tmp_path: Path) -> None:
    workspace = shop(tmp_path / "w", more="[review]\njump_factor = 3\n")
    send(workspace, "bolt", "2026-09-11T10", 20)
    night(workspace, "2026-10-02")
    send(workspace, "bolt", "2026-10-05T10", 61)
    for day in ("2026-11-02", "2026-11-03"):
        held = night(workspace, day)
        assert held.exit_code == 1 and held.summary["held"] in (1, 2)
        assert any("held back" in text and "duckbill finalize --period 2026-10" in text for text in held.concerns())
    workspace.finalize("2026-10", now="2026-11-03T09:00:00Z", approve=True)
    assert told(night(workspace, "2026-11-04")) == of("2026-11", ("run", "published"))


def test_a_month_that_fails_ends_the_night_and_what_was_done_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = shop(tmp_path / "w")
    send(workspace, "acme", "2026-09-10T10", 70)
    run = Workspace.run

    def failing(self: Workspace, period: str, **options: object) -> Run:
        if period == "2026-10":
            raise UserError("the disk is full")
        return run(self, period, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Workspace, "run", failing)
    failed = night(workspace, "2026-11-02")
    assert told(failed) == of("2026-09", *FINAL)
    assert (failed.exit_code, failed.summary["status"], failed.summary["failure"]) == (1, "failed", "the disk is full")
    assert list(failed.concerns()) == ["the disk is full"]
    with pytest.raises(UserError, match="the disk is full"):
        night(workspace, "2026-11-02")
    monkeypatch.undo()
    assert told(night(workspace, "2026-11-03")) == of("2026-10", *FINAL) + of("2026-11", ("run", "published"))


def test_a_night_needs_the_workspace_and_events(tmp_path: Path) -> None:
    workspace = shop(tmp_path / "w")
    with pytest.raises(UserError, match="no events have landed"):
        night(workspace, "2026-09-12")
    send(workspace, "acme", "2026-09-10T10", 70)
    with exclusive(workspace.lake), pytest.raises(WorkspaceBusyError):
        night(workspace, "2026-09-12")
    assert workspace.outputs.published_runs() == {}
