"""Runs are recognised, replace each other whole, and survive being cut short at any commit."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from engine.billing import OUTPUTS
from engine.errors import CatalogError, CorruptFileError, UserError
from engine.invoices.publish import Outputs
from engine.runs import Run
from engine.version import VERSION
from engine.workspace import Workspace
from tests.runs.conftest import NOW

EVENT = {
    "transaction_id": "late",
    "customer_id": "team@acme.example",
    "event_type": "llm_request",
    "timestamp": "2026-10-30T00:00:00Z",
    "properties": {"model": "large", "input_tokens": "1000000", "user_id": "ben"},
}


def files(workspace: Workspace) -> dict[str, int]:
    """Every file with the time it was written, but for the lock."""
    found = (path for path in workspace.root.rglob("*") if path.is_file() and path.name != ".lock")
    return {path.relative_to(workspace.root).as_posix(): path.stat().st_mtime_ns for path in found}


def set_price(workspace: Workspace, old: str, new: str) -> None:
    path = workspace.root / "catalog" / "catalog.yml"
    text = path.read_text()
    assert text.count(f"price: {old},") == 1
    path.write_text(text.replace(f"price: {old},", f"price: {new},"))


def total(workspace: Workspace) -> Decimal:
    """The sum of the published invoices, which must be the sum of the published lines."""
    invoices = sum((Decimal(str(row["total"])) for row in workspace.invoices().dicts()), Decimal())
    assert invoices == sum((Decimal(str(row["total"])) for row in workspace.line_items().dicts()), Decimal())
    return invoices


def run_ids(workspace: Workspace, output: str, period: str = "2026-10") -> set[str]:
    """The runs that an output table holds files of, read or not."""
    return {file.run_id for file in Outputs(workspace.lake)._files(output, period)}


def test_running_again_changes_no_file(workspace: Workspace) -> None:
    first = workspace.run("2026-10", now=NOW)
    before = files(workspace)
    second = workspace.run("2026-10", now="2026-12-24")
    assert (first.unchanged, second.unchanged) == (False, True)
    assert second.run_id == first.run_id and second.invoices.arrow() == first.invoices.arrow()
    assert files(workspace) == before
    assert second.summary == {**first.summary, "status": "unchanged"}


def test_new_events_and_new_prices_replace_the_invoices(workspace: Workspace) -> None:
    first = workspace.run("2026-10", now=NOW)
    assert total(workspace) == Decimal("447.6")
    assert workspace.land([EVENT], now=NOW).accepted == 1
    second = workspace.run("2026-10", now=NOW)
    assert total(workspace) == Decimal("447.6") + 135
    set_price(workspace, "150", "300")
    third = workspace.run("2026-10", now=NOW)
    assert total(workspace) == Decimal("447.6") + Decimal("95.25") + Decimal("95.85") + 270
    assert len({first.run_id, second.run_id, third.run_id}) == 3
    for output in OUTPUTS:
        assert run_ids(workspace, output) == {third.run_id}
    with pytest.raises(UserError, match="a later run has replaced it"):
        _ = first.invoices


def test_going_back_to_an_earlier_catalog_gives_back_its_run(workspace: Workspace) -> None:
    first = workspace.run("2026-10", now=NOW)
    set_price(workspace, "150", "300")
    workspace.run("2026-10", now=NOW)
    set_price(workspace, "300", "150")
    back = workspace.run("2026-10", now=NOW)
    assert back.run_id == first.run_id and not back.unchanged
    assert total(workspace) == Decimal("447.6") and len(back.line_items) == 5


def test_two_periods_side_by_side(workspace: Workspace) -> None:
    october = workspace.run("2026-10", now=NOW)
    workspace.land([{**EVENT, "timestamp": "2026-11-01T05:00:00Z"}], now=NOW)
    november = workspace.run("2026-11", now=NOW)
    assert [row["total"] for row in november.invoices] == [Decimal(135)]
    assert workspace.invoices().arrow() == november.invoices.arrow()
    assert workspace.invoices("2026-10").arrow() == october.invoices.arrow()
    assert run_ids(workspace, "line_items") == {october.run_id}
    again = workspace.run("2026-10", now=NOW)
    assert again.run_id != october.run_id, "the event table has a new version"
    assert again.line_items.arrow() == workspace.line_items("2026-10").arrow()
    assert len(workspace.line_items("2026-11")) == len(november.line_items) > 0


@pytest.mark.parametrize("nth", range(len(OUTPUTS)))
def test_a_crash_between_commits_leaves_what_was_published(
    nth: int, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = workspace.run("2026-10", now=NOW)
    invoices, lines = first.invoices.arrow(), first.line_items.arrow()
    set_price(workspace, "150", "300")
    _crash_at(nth, monkeypatch)
    with pytest.raises(RuntimeError):
        workspace.run("2026-10", now=NOW)
    monkeypatch.undo()
    assert (workspace.invoices().arrow(), workspace.line_items().arrow()) == (invoices, lines)
    assert not [path for path in (workspace.root / "runs").iterdir() if path.name.startswith(".")]
    _assert_heals(workspace, first)


@pytest.mark.parametrize("nth", range(len(OUTPUTS)))
def test_a_crash_of_the_first_run_leaves_nothing(
    nth: int, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    _crash_at(nth, monkeypatch)
    with pytest.raises(RuntimeError):
        workspace.run("2026-10", now=NOW)
    monkeypatch.undo()
    with pytest.raises(UserError, match="nothing has been published yet"):
        workspace.invoices()
    run = workspace.run("2026-10", now=NOW)
    assert not run.unchanged and total(workspace) == Decimal("447.6") and len(run.line_items) == 5


def _crash_at(nth: int, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    commit = Outputs._commit

    def crashing(self: Outputs, name: str, sealed: Path, billing_period: str, run_id: str) -> None:
        calls.append(name)
        if len(calls) == nth + 1:
            raise RuntimeError(name)
        commit(self, name, sealed, billing_period, run_id)

    monkeypatch.setattr(Outputs, "_commit", crashing)


def _assert_heals(workspace: Workspace, first: Run) -> None:
    healed = workspace.run("2026-10", now=NOW)
    assert not healed.unchanged and healed.run_id != first.run_id
    assert total(workspace) == Decimal("447.6") + Decimal("95.25") + Decimal("95.85")
    assert len(healed.line_items) == first.summary["line_items"]
    for output in OUTPUTS:
        assert run_ids(workspace, output) == {healed.run_id}


def test_a_crash_after_publishing_still_makes_the_metrics_immutable(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*arguments: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("engine.runs.record_definitions", crash)
    with pytest.raises(RuntimeError):
        workspace.run("2026-10", now=NOW)
    monkeypatch.undo()
    assert workspace.run("2026-10", now=NOW).unchanged
    path = workspace.root / "catalog" / "catalog.yml"
    path.write_text(path.read_text().replace("aggregation_type: SUM", "aggregation_type: MAX"))
    with pytest.raises(CatalogError, match="'Input Tokens' changed since run"):
        workspace.run("2026-10", now=NOW)


@pytest.mark.parametrize("spoil", ["removed", "truncated"])
def test_a_lost_run_folder_is_made_again(spoil: str, workspace: Workspace) -> None:
    run = workspace.run("2026-10", now=NOW)
    versions = [Outputs(workspace.lake)._table(name) for name in OUTPUTS]
    manifest = run.folder / "manifest.json"
    content = manifest.read_text()
    if spoil == "removed":
        manifest.unlink()
    else:
        manifest.write_text(content[:100])
    again = workspace.run("2026-10", now=NOW)
    assert not again.unchanged and manifest.read_text() == content
    # The same files stand already: a commit that removed and added the same path would be ambiguous.
    now = [Outputs(workspace.lake)._table(name) for name in OUTPUTS]
    assert [table.version() for table in now if table] == [table.version() for table in versions if table]
    assert total(workspace) == Decimal("447.6")


def test_a_flipped_byte_is_found_and_healed_by_running_again(workspace: Workspace) -> None:
    run = workspace.run("2026-10", now=NOW)
    for output in ("line_items", "invoices"):
        (file,) = Outputs(workspace.lake)._files(output, "2026-10")
        content = bytearray(file.path.read_bytes())
        content[len(content) // 3] ^= 1
        file.path.write_bytes(content)
        with pytest.raises(CorruptFileError, match="a published file has changed"):
            Outputs(workspace.lake).read(output, "2026-10")
        again = workspace.run("2026-10", now=NOW)
        assert again.run_id == run.run_id and not again.unchanged
        assert total(workspace) == Decimal("447.6")
        file.path.unlink()
        with pytest.raises(CorruptFileError, match="a published file is missing"):
            Outputs(workspace.lake).read(output, "2026-10")
        workspace.run("2026-10", now=NOW)
        assert total(workspace) == Decimal("447.6")


def test_the_manifest_says_what_the_run_was(workspace: Workspace) -> None:
    run = workspace.run("2026-10", now=NOW)
    manifest = json.loads((run.folder / "manifest.json").read_text())
    assert manifest["schema_version"] == 2 and manifest["run_id"] == run.run_id == run.folder.name
    assert manifest["now"] == NOW and manifest["summary"] == run.summary
    assert manifest["inputs"] == {
        "catalog": workspace.catalog.content_hash(),
        "engine": VERSION,
        "events_version": 0,
        "period": "2026-10",
        "sql_breakdown_granularity": "SERVICE_PERIOD",
    }
    assert set(manifest["outputs"]) == set(OUTPUTS)
    for output, name in manifest["outputs"].items():
        (file,) = Outputs(workspace.lake)._files(output, "2026-10")
        assert file.path.stem == name
    compiled = sorted(path.name for path in (run.folder / "sql").iterdir())
    assert compiled == ["000_input_tokens.sql", "001_active_users.sql"]
    assert json.loads((run.folder / "catalog.json").read_text())
    steps = [json.loads(line) for line in (run.folder / "log.jsonl").read_text().splitlines()]
    assert all(set(step) >= {"seconds", "step"} for step in steps) and len(steps) > len(compiled)
    # The manifest lists everything but itself and the log, which has a seal of its own.
    assert set(manifest["files"]) == {"catalog.json", *(f"sql/{name}" for name in compiled)}
    assert list(manifest)[-1] == "seal" and list(steps[-1])[-1] == "seal"


def test_a_contract_beyond_the_exact_range_is_parked_and_the_others_are_billed(workspace: Workspace) -> None:
    path = workspace.root / "catalog" / "catalog.yml"
    contract = "contracts:\n  - {customer: Vast, rate_card: Standard, starting_at: 2026-10-01T00:00:00Z}\n"
    text = path.read_text().replace("customers:\n", "customers:\n  - name: Vast\n    ingest_aliases: [vast]\n")
    path.write_text(text.replace("contracts:\n", contract))
    properties = {"model": "large", "input_tokens": str(10**25), "user_id": "vera"}
    workspace.land([{**EVENT, "customer_id": "vast", "properties": properties}], now=NOW)
    run = workspace.run("2026-10", now=NOW)
    (parked,) = run.parked.dicts()
    assert parked["reason"] == "beyond_exact_range" and parked["detail"]
    assert [row["customer_name"] for row in run.invoices] == ["Acme"] and total(workspace) == Decimal("447.6")
    assert parked["customer_id"] not in {row["customer_id"] for row in run.line_items}
    assert (run.summary["parked"], run.summary["invoices"]) == (1, 1)
