"""Names from outside never become places: what is written stays inside the workspace, whatever it is called."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from engine.demo import init_workspace
from engine.errors import UserError
from engine.folder_names import check_folder_name
from engine.workspace import Workspace
from tests.faults.shop import LATER, NOW, PERIOD, events, make_workspace, ndjson

HOSTILE = [
    "../../escaped", "/tmp/duckbill-escaped", "..", ".", "a/b/../../../c", "%2e%2e%2fescaped", "..\\escaped",
    "~root", "$HOME", "*", "[a]", "?",
    "new\nline", "nul\0byte", "-rf", "date=2026-01-01", "_delta_log", ".staging",
    "CON", "é" * 40, "x" * 128, "'; DROP TABLE events; --", "\u202egnp",
]  # fmt: skip

#: Every name that duckbill gives to something in a workspace that it was not given.
OURS = re.compile(
    r"(?:lake|runs)(?:/[a-z_]+|/(?:date|billing_period)=[0-9-]+|/run_id=[0-9a-f]+|/[0-9a-f]{16}|/sql)*"
    r"(?:/[0-9a-f]{64}\.parquet|/\.lock\.next|/[0-9]{20}\.json|/[0-9.]+checkpoint[0-9.]*\.parquet|/_[a-z_]+(?:\.json)?|/\.lock"
    r"|/[a-z_]+\.(?:jsonl?|csv|txt)|/[\w.-]+\.(?:sql|parquet|json))?"
)


def outside(root: Path) -> dict[str, bytes]:
    """The files beside a workspace, which nothing may touch."""
    kept = (path for path in root.parent.rglob("*") if path.is_file() and not path.is_relative_to(root))
    return {str(path): path.read_bytes() for path in kept}


def hostile_events() -> bytes:
    made = events(1, 40 + 5 * len(HOSTILE))
    for number, name in enumerate(HOSTILE):
        for place, field in enumerate(("transaction_id", "customer_id", "event_type")):
            made[40 + 5 * number + place][field] = name
        made[40 + 5 * number + 3]["properties"] |= {name: name, "model": name}
        made[40 + 5 * number + 4][name] = name
    return ndjson(made)


def test_names_in_events_stay_data(tmp_path: Path) -> None:
    root = tmp_path / "in" / "workspace"
    workspace = make_workspace(root)
    (root.parent / "beside").write_text("untouched")
    sent = root.parent / "..sent ;--.ndjson"
    sent.write_bytes(hostile_events())
    before = outside(root)
    landed = workspace.land(sent, now=NOW)
    refused = sum(any(ord(each) < 32 for each in name) for name in HOSTILE)
    # A control character is refused in three fields, a NUL also as the name of a property; text within a value is not.
    assert landed.rejected == 3 * refused + 1 and landed.duplicate == 0
    workspace.run(PERIOD, now=NOW)
    workspace.finalize(PERIOD, now=LATER)
    workspace.export_metronome(PERIOD, out=root.parent / "workspace" / "out", now=LATER)
    assert outside(root) == before
    strange = [
        name
        for path in (*(root / "lake").rglob("*"), *(root / "runs").rglob("*"))
        if not OURS.fullmatch(name := str(path.relative_to(root)))
    ]
    assert strange == []
    assert not Path("/tmp/duckbill-escaped").exists()


CATALOG = """
billable_metrics:
  - {{name: {name}, aggregation_type: COUNT, event_type_filter: {{in_values: [call]}}}}
products:
  - {{name: {name}, type: USAGE, billable_metric: {name}}}
rate_cards:
  - name: {name}
    rates: [{{product: {name}, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 2}}]
customers:
  - {{id: {name}, name: {name}, ingest_aliases: [acme]}}
contracts:
  - {{id: {name}, customer: {name}, rate_card: {name}, starting_at: 2026-09-01T00:00:00Z}}
"""


@pytest.mark.parametrize("name", ["../../escaped", "/tmp/duckbill-escaped", "%2e%2e%2f*[a]?", "nul\0", "é" * 300])
def test_names_in_a_catalog_stay_data(tmp_path: Path, name: str) -> None:
    root = tmp_path / "in" / "workspace"
    workspace = make_workspace(root)
    (root / "catalog" / "catalog.yml").write_text(CATALOG.format(name=json.dumps(name)), encoding="utf-8")
    (root / "metrics_sql" / "users.sql").rename(root / "metrics_sql" / "users *[a]? '\";--.sql")
    before = outside(root)
    workspace.land(events(1, 20), now=NOW)
    try:
        workspace.run(PERIOD, now=NOW)
        workspace.finalize(PERIOD, now=LATER)
        workspace.export_metronome(PERIOD, out=root / "out", now=LATER)
    except UserError as error:
        # A catalog may be refused for its names; what it must not do is write elsewhere.
        assert name.isprintable() is False, error
    assert outside(root) == before
    assert not Path("/tmp/duckbill-escaped").exists()


def test_a_period_is_a_month_and_a_run_an_id_and_neither_a_path(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "workspace")
    workspace.land(events(1, 5), now=NOW)
    for name in ("../2026-09", "2026-09/../..", "2026-09\0", "/2026-09", "2026-9", "２０２６-09", "", "*"):
        for use in (workspace.run, workspace.finalize):
            with pytest.raises(UserError, match="period"):
                use(name, now=NOW)
        with pytest.raises(UserError):
            workspace.reproduce(name)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "manifest.json").write_text('{"inputs": {}, "summary": {}}')
    with pytest.raises(UserError, match="no run"):
        workspace.reproduce("../../outside")


@pytest.mark.parametrize("name", ["-rf {b,c} 'q\" é % #x;--", "a~$HOME %zz \u3000\u202e s3:", ":memory:"])
def test_a_workspace_works_in_a_folder_of_any_other_name(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / name
    make_workspace(root)
    monkeypatch.chdir(tmp_path)
    workspace = Workspace(Path(name))
    sent = root / "events [1].ndjson"
    sent.write_bytes(ndjson(events(1, 60)))
    assert workspace.land(sent, now=NOW).accepted == 60
    assert workspace.land(events(1, 90), now=NOW).accepted == 30
    workspace.run(PERIOD, now=NOW)
    assert workspace.finalize(PERIOD, now=LATER) is not None
    assert workspace.verify() == []
    workspace.export_metronome(PERIOD, out=Path(name, "out"), now=LATER)
    assert sum(1 for _ in (root / "out").rglob("*.parquet")) > 5


@pytest.mark.parametrize("name", ["w[a]", "w*", "w?", "back\\slash", "new\nline", "w%20x", "\x7f"])
def test_a_folder_that_would_be_taken_for_another_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="would be taken for a pattern or an escape"):
        check_folder_name(tmp_path / name)
    make_workspace_folder = tmp_path / name
    with pytest.raises(UserError, match="would be taken for a pattern or an escape"):
        make_workspace(make_workspace_folder)
    with pytest.raises(UserError, match="would be taken for a pattern or an escape"):
        init_workspace(tmp_path / f"{name}2")
    assert not (tmp_path / f"{name}2").exists()


def test_a_pattern_in_the_name_of_a_file_matches_no_other(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "workspace")
    import pyarrow as pa
    import pyarrow.parquet as pq

    for number, name in enumerate(("events[1].parquet", "events1.parquet", "*.parquet")):
        sent = [event | {"properties": json.dumps(event["properties"])} for event in events(number, 5)]
        pq.write_table(pa.Table.from_pylist(sent), tmp_path / name)
    assert workspace.land(tmp_path / "events[1].parquet", now=NOW).accepted == 5
    assert workspace.land(tmp_path / "*.parquet", now=NOW).accepted == 5


def test_the_lake_may_be_a_link(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "workspace")
    (tmp_path / "disk").mkdir()
    (workspace.root / "lake").symlink_to(tmp_path / "disk", target_is_directory=True)
    assert workspace.land(events(1, 20), now=NOW).accepted == 20
    workspace.run(PERIOD, now=NOW)
    assert (tmp_path / "disk" / "events" / "_delta_log").is_dir() and workspace.verify() == []


@pytest.mark.parametrize(
    "link", [".staging", "events/date=2026-09-18", "events", "rejected_events", "events/_delta_log"]
)
def test_nothing_is_written_or_removed_through_a_link_in_the_lake(tmp_path: Path, link: str) -> None:
    workspace = make_workspace(tmp_path / "workspace")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("keep")
    place = workspace.lake / link
    place.parent.mkdir(parents=True)
    place.symlink_to(elsewhere, target_is_directory=True)
    with pytest.raises(UserError, match="symbolic link"):
        workspace.land([*events(1, 20), {"not": "an event"}], now=NOW)
    assert [path.name for path in elsewhere.rglob("*")] == ["precious"]
