"""What has been metered before is not metered again, and nothing that is billed depends on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pytest

from engine.events.table import NOTHING_LANDED, EventTable
from engine.executors.kept_readings import FOLDER, KeptReadings
from engine.executors.metering import Metering
from engine.invoices.publish import Outputs
from engine.metrics.meter import Reading
from engine.opened import no_progress
from engine.rebilling.rebill import REBILLED, rebill
from engine.runs import RunInputs
from engine.values.period import as_utc, parse_period
from engine.workspace import Workspace
from tests.runs.conftest import NOW
from tests.runs.test_optimisations import EVENTS, SQL, STREAMING, catalog_text
from tests.spec.workspaces import instant, land, workspace

#: The metrics that are read together.
TOGETHER = frozenset(set(STREAMING) - {"users"})
ALL = TOGETHER | {"users"} | set(SQL)


@pytest.fixture(scope="module")
def billed(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Every aggregation, with prices that change within the month, billed once; not to be written to."""
    made = workspace(tmp_path_factory.mktemp("billed") / "workspace", catalog_text())
    land(made, EVENTS)
    made.run("2026-10", now=NOW)
    return made


@dataclass(frozen=True)
class Read:
    """What a bill had to read: the metrics, and how many windows of them at the most."""

    metrics: frozenset[str]
    windows: int


NOTHING = Read(frozenset(), 0)


def bill(billed: Workspace, folder: Path, kept: KeptReadings | None) -> tuple[dict[str, pa.Table], Read]:
    """What would be billed now, and what had to be read for it."""
    events = EventTable(billed.lake).snapshot()
    assert events is not None
    inputs = billed_inputs(billed, folder)
    metrics: set[str] = set()
    windows = [0]
    run = Metering._run

    def noted(metering: Metering, reading: Reading) -> bool:
        metrics.update(meter.metric.name for meter in reading.meters)
        windows.append(metering._executor.count("windows"))
        return run(metering, reading)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Metering, "_run", noted)
        rebill(inputs, kept, no_progress)
    outputs = Outputs(folder / "lake")
    tables = {name: outputs.published(name, "2026-10") for name in REBILLED}
    return tables, Read(frozenset(metrics), max(windows))


def billed_inputs(billed: Workspace, folder: Path) -> RunInputs:
    snapshot = EventTable(billed.lake).snapshot() or NOTHING_LANDED
    return replace(billed._inputs(billed.catalog, snapshot, parse_period("2026-10"), None), root=folder)


def changed(billed: Workspace, folder: Path, replacements: Iterable[tuple[str, str]]) -> Workspace:
    """A copy whose catalog has other words."""
    copy = Workspace(shutil.copytree(billed.root, folder))
    text = catalog_text()
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    (copy.root / "catalog" / "catalog.yml").write_text(text)
    return copy


_FILTER = "usage_filter: { group_key: model, group_values: [a] }"
_CONVERSION = "quantity_conversion: { conversion_factor: 2, operation: MULTIPLY }"
_OTHER = "{ id: three, name: Three }"

#: (what changes, the words that do, what has to be read again)
CHANGES: list[tuple[str, Sequence[tuple[str, str]], Read]] = [
    ("nothing", [], NOTHING),
    ("a price", [("price: 3", "price: 3.25")], NOTHING),
    ("a metric's name", [("name: calls,", "name: asks,"), ("metric: calls,", "metric: asks,")], NOTHING),
    ("a product's unit", [("P calls, type: USAGE", f"P calls, type: USAGE, {_CONVERSION}")], NOTHING),
    ("a price's beginning", [("2026-10-10T00:00:00Z", "2026-10-11T00:00:00Z")], Read(ALL, 4)),
    ("no first cut", [("2026-10-03T05:00:00Z", "2026-01-02T00:00:00Z")], Read(ALL - {"average"}, 2)),
    ("a new customer", [("name: Two }", f"name: Two }}, {_OTHER}")], NOTHING),
    ("a customer's alias", [("name: Two }", "name: Two, ingest_aliases: [b] }")], Read(ALL, 4)),
    ("a usage filter", [("LATEST", "MAX"), ("customer: Two, ", f"customer: Two, {_FILTER}, ")], Read(ALL, 8)),
    ("a declared filter", [("in_values: [ann] }, {", "in_values: [bob] }, {")], Read(TOGETHER, 8)),
    ("a query", [("SELECT AVG(properties.plain)", "SELECT MAX(properties.plain)")], Read(frozenset({"average"}), 8)),
]


@pytest.mark.parametrize(("words", "read"), [case[1:] for case in CHANGES], ids=[case[0] for case in CHANGES])
def test_only_what_nobody_has_asked_before_is_read(
    words: Sequence[tuple[str, str]], read: Read, billed: Workspace, tmp_path: Path
) -> None:
    copy = changed(billed, tmp_path / "copy", words)
    plain, everything = bill(copy, tmp_path / "plain", None)
    assert everything.metrics >= ALL - {"calls"}
    found, again = bill(copy, tmp_path / "kept", KeptReadings(copy.root / FOLDER, looks=True))
    assert {name for name in REBILLED if not found[name].equals(plain[name])} == set()
    assert again == read


LATE = """
| time       | customer | type | model | plain | user | odd | arrived          |
|------------|----------|------|-------|-------|------|-----|------------------|
| 2026-10-25 | one      | call | a     | 64    | new  | 64  | 2026-11-01 07:00 |
"""


def test_events_that_arrive_late_are_read_with_the_windows_they_are_in(billed: Workspace, tmp_path: Path) -> None:
    copy = Workspace(shutil.copytree(billed.root, tmp_path / "copy"))
    land(copy, LATE)
    plain, _ = bill(copy, tmp_path / "plain", None)
    found, again = bill(copy, tmp_path / "kept", KeptReadings(copy.root / FOLDER, looks=True))
    assert {name for name in REBILLED if not found[name].equals(plain[name])} == set()
    assert not found["line_items"].equals(bill(billed, tmp_path / "before", None)[0]["line_items"])
    # Of each customer the last of four parts; distinct values and averages are read with the whole month.
    assert again == Read(ALL, 2)


@pytest.mark.parametrize("as_of", ["2026-10-12 00:00", "2026-11-01 07:00"])
def test_what_had_arrived_by_some_time_is_an_answer_of_its_own(as_of: str, billed: Workspace, tmp_path: Path) -> None:
    inputs = replace(billed_inputs(billed, tmp_path / "kept"), as_of=as_utc(instant(as_of)))
    kept = KeptReadings(tmp_path / "readings", looks=True, keeps=True)
    shutil.copytree(billed.root / FOLDER, kept.folder)
    rebill(inputs, kept, no_progress)
    plain = replace(inputs, root=tmp_path / "plain")
    rebill(plain, None, no_progress)
    one, other = (Outputs(each.root / "lake").published("line_items", "2026-10") for each in (inputs, plain))
    assert one.equals(other)


def _cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _of_no_parquet(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [Path.unlink, _cut_short, _of_no_parquet])
def test_a_damaged_file_is_as_good_as_none(damage: Callable[[Path], None], billed: Workspace, tmp_path: Path) -> None:
    copy = Workspace(shutil.copytree(billed.root, tmp_path / "copy"))
    (file,) = KeptReadings(copy.root / FOLDER).files("2026-10")
    damage(file)
    found, again = bill(copy, tmp_path / "kept", KeptReadings(copy.root / FOLDER, looks=True, keeps=True))
    assert again.metrics == ALL
    plain = billed.outputs.published("line_items", "2026-10")
    assert found["line_items"].equals(plain)
    assert bill(copy, tmp_path / "again", KeptReadings(copy.root / FOLDER, looks=True))[1] == NOTHING


def test_a_bill_that_looks_adds_to_what_is_kept_and_a_run_replaces_it(billed: Workspace, tmp_path: Path) -> None:
    kept = KeptReadings(tmp_path / "readings", looks=True, keeps=True)
    shutil.copytree(billed.root / FOLDER, kept.folder)
    moved = changed(billed, tmp_path / "moved", [("2026-10-10T00:00:00Z", "2026-10-11T00:00:00Z")])
    assert bill(moved, tmp_path / "first", kept)[1] == Read(ALL, 4)
    looking = replace(kept, keeps=False)
    assert bill(moved, tmp_path / "second", looking)[1] == NOTHING
    assert bill(billed, tmp_path / "third", looking)[1] == NOTHING
    bill(moved, tmp_path / "fourth", replace(kept, looks=False))
    assert bill(billed, tmp_path / "fifth", looking)[1] != NOTHING


def test_runs_keep_what_they_metered_unless_told_not_to(billed: Workspace, tmp_path: Path) -> None:
    copy = Workspace(
        shutil.copytree(billed.root, tmp_path / "copy", ignore=shutil.ignore_patterns("cache", "runs", "lake"))
    )
    with (copy.root / "duckbill.toml").open("a") as file:
        file.write("\n[optimisations]\nkept_readings = false\n")
    copy = Workspace(copy.root)
    land(copy, EVENTS)
    copy.run("2026-10", now=NOW)
    assert not (copy.root / "cache").exists()
    assert copy.outputs.published("line_items", "2026-10").equals(billed.outputs.published("line_items", "2026-10"))
