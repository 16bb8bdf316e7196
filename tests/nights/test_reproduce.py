"""A past run computed again from what it recorded gives the same bytes, and what is gone or changed is told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from engine.demo import fixtures
from engine.errors import CorruptFileError, UserError
from engine.workspace import Workspace
from tests.nights.shop import CATALOG, send, shop, write
from tests.runs.records import rerecord


def files(root: Path) -> dict[str, int]:
    """Every file with the time it was written."""
    return {str(path): path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def two_months(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """September and October run, both replaced since under other prices and with more events; not to be written to."""
    workspace = shop(tmp_path_factory.mktemp("two") / "workspace")
    send(workspace, "acme", "2026-09-10T10", 70)
    workspace.run("2026-09", now="2026-10-01T02:00:00Z")
    send(workspace, "acme", "2026-10-02T10", 100)
    send(workspace, "bolt", "2026-10-03T10", 30)
    workspace.run("2026-10", now="2026-10-04T02:00:00Z")
    write(workspace.root, "products", CATALOG.replace("price: 10", "price: 12"))
    send(workspace, "acme", "2026-10-05T10", 1)
    workspace.run("2026-09", now="2026-10-06T02:00:00Z")
    workspace.run("2026-10", now="2026-10-06T02:00:00Z")
    return workspace.root


@pytest.fixture
def workspace(two_months: Path, tmp_path: Path) -> Workspace:
    """A copy of the test's own."""
    return Workspace(shutil.copytree(two_months, tmp_path / "workspace"))


def manifests(workspace: Workspace) -> dict[str, dict[str, object]]:
    """What each run recorded, by run id, in the order of their times."""
    found = [json.loads(path.read_text()) for path in (workspace.root / "runs").glob("*/manifest.json")]
    return {each["run_id"]: each for each in sorted(found, key=lambda each: (each["now"], each["inputs"]["period"]))}


def test_replaced_runs_and_those_that_stand(workspace: Workspace) -> None:
    before = files(workspace.root)
    recorded = manifests(workspace)
    assert len(recorded) == 4
    for run_id, manifest in recorded.items():
        found = workspace.reproduce(run_id)
        assert found.differing == () and dict(found.recorded) == manifest["outputs"]
        assert found.summary["status"] == "identical" and found.summary["outputs"] == len(found.outputs) > 10
    assert files(workspace.root) == before
    assert len({json.dumps(each["outputs"]) for each in recorded.values()}) == 4, "they are not all the same"


def test_the_balances_of_a_replaced_month_are_read(workspace: Workspace) -> None:
    """October's first run went on from September's first, whose files nothing refers to any more."""
    september, october, *_ = manifests(workspace)
    inputs = json.loads((workspace.root / "runs" / october / "manifest.json").read_text())["inputs"]
    assert inputs["earlier_runs"] == {"2026-09": september}
    (ledger,) = (workspace.lake / "ledger").glob(f"billing_period=2026-09/run_id={september}/*.parquet")
    ledger.unlink()
    with pytest.raises(CorruptFileError, match=f"this output of run {september} is gone"):
        workspace.reproduce(october)


def test_partial_runs_and_runs_of_what_had_arrived(workspace: Workspace) -> None:
    send(workspace, "bolt", "2026-10-07T10", 4)
    partial = workspace.run("2026-10", now="2026-10-08T02:00:00Z", select="customer:Bolt")
    earlier = workspace.run("2026-10", now="2026-10-08T02:00:00Z", as_of="2026-10-04T00:00:00Z")
    send(workspace, "bolt", "2026-10-08T10", 5)
    workspace.run("2026-10", now="2026-10-09T02:00:00Z")
    assert workspace.reproduce(partial.run_id).differing == ()
    assert workspace.reproduce(earlier.run_id).differing == ()


def test_an_output_that_differs_is_named(workspace: Workspace) -> None:
    run_id = next(iter(manifests(workspace)))
    folder = workspace.root / "runs" / run_id
    computed = json.loads((folder / "manifest.json").read_text())["outputs"]["line_items"]
    rerecord(folder, lambda manifest: manifest["outputs"].update(line_items="0" * 64))
    found = workspace.reproduce(run_id)
    assert found.differing == ("line_items",) and found.summary["differing"] == ["line_items"]
    (row,) = (each for each in found.outputs if not each["is_identical"])
    assert row == {"output": "line_items", "recorded": "0" * 64, "computed": computed, "is_identical": False}


def test_another_catalog_in_the_folder_is_refused(workspace: Workspace) -> None:
    run_id = next(iter(manifests(workspace)))
    path = workspace.root / "runs" / run_id / "catalog.json"
    path.write_text(path.read_text().replace('"price": "10"', '"price": "11"'))
    with pytest.raises(CorruptFileError, match=r"catalog\.json: is not what the run wrote"):
        workspace.reproduce(run_id)
    rerecord(path.parent)
    with pytest.raises(CorruptFileError, match="is not the catalog that the run was made with"):
        workspace.reproduce(run_id)


def test_settings_are_those_of_the_run(workspace: Workspace) -> None:
    """The grace that invoices wait changes when they fall due; it is not read from the configuration of today."""
    run_id = list(manifests(workspace))[-1]
    text = (workspace.root / "duckbill.toml").read_text()
    (workspace.root / "duckbill.toml").write_text(text + "grace_hours = 48\n")
    again = Workspace(workspace.root)
    assert again.config.invoices.grace_hours == 48
    assert again.reproduce(run_id).differing == ()


@pytest.mark.parametrize("scenario", ["agreements", "ai-saas/small", "widgets-express"])
def test_bundled_scenarios(scenario: str, tmp_path: Path) -> None:
    """Their catalogs hold one of everything; it is read back in another order than that of the files."""
    root = shutil.copytree(fixtures() / scenario, tmp_path / "workspace")
    workspace = Workspace(root)
    planned = workspace.config.demo
    assert planned is not None
    workspace.land_files(sorted(map(str, (root / "events").iterdir())), now=planned.now)
    run = workspace.run(planned.period, now=planned.now)
    assert len(run.line_items) > 10
    assert workspace.reproduce(run.run_id).differing == ()


def test_a_run_that_is_not_recorded(workspace: Workspace) -> None:
    run_id = next(iter(manifests(workspace)))
    with pytest.raises(UserError, match=f"no run '{run_id[:-1]}x' is recorded .*did you mean '{run_id}'"):
        workspace.reproduce(f"{run_id[:-1]}x")
