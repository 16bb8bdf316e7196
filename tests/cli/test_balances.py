"""`duckbill balances`, `ledger`, `alerts` and `run --through`, on two months with a credit."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from engine.describe import BALANCE_COLUMNS
from engine.errors import UserError
from engine.invoices.publish import Outputs
from engine.workspace import Workspace
from tests.cli.command import NOW, duckbill

TERMS = """\
    credits:
      - name: Welcome
        product: Prepayment
        access_schedule:
          schedule_items:
            - {amount: 300, starting_at: 2026-10-01T00:00:00Z, ending_before: 2026-12-01T00:00:00Z}
            - {amount: 50, starting_at: 2026-12-01T00:00:00Z, ending_before: 2027-01-01T00:00:00Z}
alerts:
  - {name: Spend, alert_type: spend_threshold_reached, threshold: 400}
  - {name: Low, alert_type: low_remaining_contract_credit_balance_reached, threshold: 50}
manual_balance_entries:
  - id: Welcome
    customer: Acme
    amount: 20
    reason: goodwill
    timestamp: 2026-10-20T00:00:00Z
"""


def credited(folder: Path) -> Path:
    """The starter workspace with a credit of 300 cents, corrected by 20, in one of its contracts."""
    path = folder / "catalog" / "catalog.yml"
    text = path.read_text().replace("rate_cards:\n", "  - {name: Prepayment, type: FIXED}\nrate_cards:\n", 1)
    entry = TERMS.replace("    timestamp", "    segment_id: first\n    timestamp")
    path.write_text(text + entry.replace("{amount: 300", "{id: first, amount: 300"))
    return folder


@pytest.fixture(scope="module")
def two_months(starter: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace with October and November billed by one command; not to be written to."""
    folder = tmp_path_factory.mktemp("balances") / "workspace"
    credited(Path(shutil.copytree(starter, folder)))
    assert duckbill("land", folder / "events" / "events.ndjson", "-w", folder, "--now", NOW).code == 0
    finished = duckbill("run", "-p", "2026-10", "--through", "2026-11", "-w", folder, "--now", NOW, "-o", "json")
    assert finished.code == 0, finished.stderr
    summaries = [json.loads(line) for line in finished.text.splitlines()]
    assert [each["period"] for each in summaries] == ["2026-10", "2026-11"]
    return folder


def rows(*arguments: object) -> list[dict[str, str]]:
    found = duckbill(*arguments, "-o", "json")
    assert found.code == 0, found.stderr
    return [json.loads(line) for line in found.text.splitlines()]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-09-30", []),
        ("2026-10-01", [("300", "0", "0", "300", "2026-10")]),
        ("2026-10-19T23:59:59Z", [("300", "0", "0", "300", "2026-10")]),
        ("2026-10-20", [("300", "20", "0", "320", "2026-10")]),
        ("2026-10-31T23:59:59.999999Z", [("300", "20", "0", "320", "2026-10")]),
        ("2026-11-01", [("300", "20", "320", "0", "2026-11")]),
        ("2026-12-01", [("50", "0", "0", "50", "2026-11")]),
        ("2027-01-01", []),
    ],
)
def test_balances_at_an_instant(at: str, expected: list[tuple[str, ...]], two_months: Path) -> None:
    found = rows("balances", "--at", at, "-w", two_months)
    columns = ("granted", "manual", "drawn", "balance", "as_of_period")
    assert [tuple(row[column] for column in columns) for row in found] == expected


def test_balances_need_nothing_published(fresh: Path) -> None:
    (row,) = Workspace(credited(fresh)).balances(at="2026-10-25", customer="team@acme.example").dicts()
    assert (row["balance_name"], row["kind"], row["segment_id"]) == ("Welcome", "CREDIT", "first")
    assert (row["balance"], row["as_of_period"]) == (320, None)


def test_a_catalog_without_balances_has_none(billed: Path) -> None:
    assert tuple(duckbill("balances", "-w", billed).text.split()) == BALANCE_COLUMNS


def test_the_ledger_of_all_months_and_of_one(two_months: Path) -> None:
    october = [
        ("2026-10", "CREDIT_SEGMENT_START", "300", "300"),
        ("2026-10", "CREDIT_MANUAL", "20", "320"),
        ("2026-10", "CREDIT_AUTOMATED_INVOICE_DEDUCTION", "-320", "0"),
    ]
    for arguments, expected in (
        ((), october),
        (("-p", "2026-10"), october),
        (("-p", "2026-11"), []),
        (("--balance", "Welcome", "--customer", "Acme"), october),
    ):
        found = rows("ledger", *arguments, "-w", two_months)
        columns = ("billing_period", "type", "amount", "balance_after")
        assert [tuple(row[column] for column in columns) for row in found] == expected, arguments
    deducted = rows("ledger", "-w", two_months)[-1]
    lines = {row["id"]: row for row in Workspace(two_months).line_items("2026-10").dicts()}
    applied = [lines[line_id] for line_id in json.loads(deducted["line_item_ids"])]
    assert {row["invoice_id"] for row in applied} == {deducted["invoice_id"]}
    assert sum(row["total"] for row in applied) == -320  # type: ignore[misc]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--balance", "Welcom"), "no published ledger of a balance 'Welcom'; did you mean 'Welcome'?"),
        (("-p", "2026-12"), "2026-12 has not been published; did you mean '2026-11'?"),
        (("--customer", "Acm"), "unknown customer 'Acm'; did you mean 'Acme'?"),
    ],
)
def test_a_ledger_that_is_not_there(arguments: tuple[str, ...], message: str, two_months: Path) -> None:
    refused = duckbill("ledger", *arguments, "-w", two_months)
    assert (refused.code, refused.stderr) == (2, f"duckbill: {message}\n")


def test_the_ledger_of_nothing(fresh: Path) -> None:
    refused = duckbill("ledger", "-w", fresh)
    assert refused.code == 2 and "nothing has been published yet" in refused.stderr


def test_who_crossed_what(two_months: Path) -> None:
    found = rows("alerts", "-p", "2026-10", "-w", two_months)
    columns = ("alert_name", "customer_name", "value", "crossed_at")
    assert [tuple(row[column] for column in columns) for row in found] == [
        ("Spend", "Acme", "447.6", "2026-11-01T00:00:00Z"),
        ("Low", "Acme", "0", "2026-11-01T00:00:00Z"),
    ]
    (title, *shown) = duckbill("alerts", "-p", "2026-10", "-w", two_months).text.splitlines()
    assert title.split()[0] == "alert_name" and len(shown) == 2


def test_a_run_carries_its_balances(two_months: Path) -> None:
    run = Workspace(two_months).run("2026-10", now=NOW)
    assert run.unchanged
    (balance,) = run.balances.dicts()
    assert (balance["opening"], balance["granted"], balance["manual"], balance["drawn"]) == (0, 300, 20, 320)
    assert (len(run.ledger), len(run.alerts)) == (3, 2)


def test_months_are_run_one_after_another_until_one_fails(
    two_months: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace(shutil.copytree(two_months, tmp_path / "workspace"))
    assert [run.unchanged for run in workspace.run_through("2026-10", "2026-11", now=NOW)] == [True, True]
    run, asked = Workspace.run, []

    def fails_in_december(self: Workspace, period: str, **more: object) -> object:
        asked.append(period)
        if period == "2026-12":
            raise UserError("not in December")
        return run(self, period, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Workspace, "run", fails_in_december)
    with pytest.raises(UserError, match="not in December"):
        workspace.run_through("2026-11", "2027-01", now=NOW)
    assert asked == ["2026-11", "2026-12"]
    told = duckbill("run", "-p", "2026-11", "--through", "2027-01", "-w", workspace.root, "--now", NOW, "-o", "json")
    assert (told.code, told.stderr) == (2, "duckbill: not in December\n")
    assert told.json()["status"] == "unchanged"


def test_the_months_of_a_run_are_in_order(two_months: Path) -> None:
    refused = duckbill("run", "-p", "2026-11", "--through", "2026-10", "-w", two_months)
    assert refused.code == 2 and "the last period 2026-10 is before the first, 2026-11" in refused.stderr


def change(workspace: Workspace, old: str, new: str) -> None:
    path = workspace.root / "catalog" / "catalog.yml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_balance_is_not_cut_below_what_was_used(two_months: Path, tmp_path: Path) -> None:
    workspace = Workspace(shutil.copytree(two_months, tmp_path / "workspace"))
    before = Outputs(workspace.lake).published_runs()
    change(workspace, "amount: 300", "amount: 200")
    refused = duckbill("run", "-p", "2026-11", "-w", workspace.root, "--now", NOW)
    assert refused.code == 2
    assert refused.stderr.startswith("duckbill: balance 'Welcome' of customer 'Acme' (segment first) is cut to 220 USD")
    assert "published invoices used 320 USD (cents) of it: " in refused.stderr and "raise it by 100" in refused.stderr
    assert Outputs(workspace.lake).published_runs() == before
    again = workspace.run("2026-10", now=NOW)
    assert again.summary["periods_to_run_again"] == ["2026-11"]
    assert workspace.run("2026-11", now=NOW).summary["periods_to_run_again"] == []
    (row,) = workspace.balances(at="2026-11-15").dicts()
    assert (row["granted"], row["drawn"], row["balance"]) == (200, 220, 0)
