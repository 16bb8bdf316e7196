"""Strict mode refuses what is not portable; an isolated metric gives the same, or is stopped and nothing is billed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from engine.invoices.definitions import start_definitions
from engine.workspace import Workspace
from tests.cli.command import NOW, Outcome, duckbill
from tests.cli.test_bad_input import CATALOG, replaced, state

RUN = ("run", "-p", "2026-10", "--now", NOW)
REFUSED = (
    "metrics_sql/active_users.sql:19:5: HAVING is not portable; Metronome does not document it; filter in an outer "
    "SELECT … WHERE"
)
SHOWN = ["        HAVING COUNT(*) >= 2", "        ^"]

#: What the starter's metric says in the documented surface alone.
PORTABLE = """\
/* @metric
name: Active users
@metric */
SELECT SUM(active) AS value
FROM (
    SELECT CASE WHEN days >= 2 THEN 1 ELSE 0 END AS active
    FROM (
        SELECT user_id, COUNT(DISTINCT day) AS days
        FROM (
            SELECT properties.user_id AS user_id, DATE_TRUNC('day', timestamp) AS day
            FROM events
            WHERE event_type = 'llm_request' AND properties.user_id IS NOT NULL
        )
        GROUP BY user_id
    )
)
"""


def configure(folder: Path, section: str) -> None:
    with (folder / "duckbill.toml").open("a") as file:
        file.write(f"\n{section}\n")


def strict(folder: Path) -> None:
    replaced("duckbill.toml", "[metering]\n", "[metering]\nstrict = true\n")(folder)


def published(folder: Path) -> dict[str, str]:
    """Every file of what a run published and left, with its hash, but for the times in its log."""
    kept = {name: found for name, found in state(folder).items() if name.startswith(("lake/", "runs/"))}
    return {name: found for name, found in kept.items() if not name.endswith("log.jsonl") and "_delta_log" not in name}


def landed(folder: Path) -> Path:
    assert duckbill("land", folder / "events" / "events.ndjson", "-w", folder, "--now", NOW).code == 0
    return folder


def test_validate_strictly(fresh: Path) -> None:
    assert duckbill("validate", "-w", fresh).code == 0
    outcome = duckbill("validate", "-w", fresh, "--strict")
    assert (outcome.code, outcome.stderr) == (2, "1 problem\n")
    assert outcome.text.splitlines() == [REFUSED, *SHOWN]
    problems = duckbill("validate", "-w", fresh, "--strict", "-o", "json").json()["problems"]
    assert isinstance(problems, list) and len(problems) == 1
    (problem,) = problems
    assert (problem["file"], problem["line"], problem["column"]) == ("metrics_sql/active_users.sql", 19, 5)


def test_strict_in_the_configuration_refuses_the_run_too(fresh: Path) -> None:
    strict(landed(fresh))
    before = state(fresh)
    outcome = duckbill("validate", "-w", fresh)
    assert outcome.code == 2 and outcome.text.splitlines() == [REFUSED, *SHOWN]
    outcome = duckbill(*RUN, "-w", fresh)
    assert (outcome.code, outcome.stdout) == (2, b"")
    assert outcome.stderr.splitlines() == [f"duckbill: {REFUSED}", *SHOWN]
    assert {name: found for name, found in state(fresh).items() if name != "runs"} == before


def test_what_is_portable_is_billed_strictly_and_is_the_same(fresh: Path) -> None:
    landed(fresh)
    assert duckbill(*RUN, "-w", fresh).code == 0
    (before,) = Workspace(fresh).invoices().dicts()
    (fresh / "metrics_sql" / "active_users.sql").write_text(PORTABLE)
    # The metric has been billed by: its text could not change in the same lake.
    start_definitions(fresh / "lake")
    strict(fresh)
    assert duckbill("validate", "-w", fresh).code == 0
    assert duckbill(*RUN, "-w", fresh).code == 0
    (after,) = Workspace(fresh).invoices().dicts()
    assert after["total"] == before["total"]


def test_strict_reports_every_problem_once(fresh: Path) -> None:
    text = (fresh / "metrics_sql" / "active_users.sql").read_text()
    (fresh / "metrics_sql" / "more.sql").write_text(
        "/* @metric\nname: More\n@metric */\nSELECT COALESCE(SUM(properties.n), 0) AS value FROM events LIMIT 1"
    )
    (fresh / "metrics_sql" / "wrong.sql").write_text(
        "/* @metric\nname: Wrong\n@metric */\nSELECT SUMM(properties.n) AS value FROM events QUALIFY TRUE"
    )
    outcome = duckbill("validate", "-w", fresh, "--strict")
    places = [line.split(" ")[0] for line in outcome.text.splitlines() if not line.startswith("    ")]
    assert outcome.code == 2 and len(places) == len(set(places)) >= 3 and text
    assert {place.split(":")[0] for place in places} == {
        "metrics_sql/active_users.sql",
        "metrics_sql/more.sql",
        "metrics_sql/wrong.sql",
    }


def test_compile_from_stdin_strictly() -> None:
    sql = b"SELECT COUNT(*) AS value\nFROM events HAVING COUNT(*) > 1"
    assert duckbill("compile", "-", stdin=sql).code == 0
    outcome = duckbill("compile", "-", "--strict", stdin=sql)
    assert (outcome.code, outcome.stdout) == (2, b"")
    assert outcome.stderr.splitlines() == [
        "duckbill: <stdin>:2:13: HAVING is not portable; Metronome does not document it; filter in an outer SELECT … "
        "WHERE",
        "    FROM events HAVING COUNT(*) > 1",
        "                ^",
    ]
    portable = duckbill("compile", "-", "--strict", stdin=PORTABLE.encode())
    assert portable.code == 0 and portable == duckbill("compile", "-", stdin=PORTABLE.encode())


def test_strict_must_be_true_or_false(fresh: Path) -> None:
    replaced("duckbill.toml", "[metering]\n", '[metering]\nstrict = "maybe"\n')(fresh)
    outcome = duckbill("validate", "-w", fresh)
    assert outcome.code == 2 and outcome.stderr.startswith("duckbill: duckbill.toml:15:1: metering.strict: ")


def run_in(folder: Path, *arguments: str) -> dict[str, str]:
    outcome = duckbill(*RUN, "-w", folder, *arguments)
    assert outcome.code == 0, outcome.stderr
    return published(folder)


def test_an_isolated_run_publishes_the_same_bytes(fresh: Path, tmp_path: Path) -> None:
    landed(fresh)
    copies = [Path(shutil.copytree(fresh, tmp_path / name)) for name in ("asked", "always")]
    here = run_in(fresh)
    assert run_in(copies[0], "--isolate") == here
    configure(copies[1], "[isolation]\nalways = true")
    assert run_in(copies[1]) == here
    assert any(name.startswith("lake/line_items/") for name in here)
    # The run is the same: whether it was isolated is nothing that its result depends on.
    assert duckbill(*RUN, "-w", fresh, "--isolate", "-o", "json").json()["status"] == "unchanged"


def test_isolation_runs_sql_metrics_in_a_process_of_their_own(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the test before this one would say nothing."""
    landed(fresh)
    monkeypatch.setattr("engine.executors.isolated.CHILD", ("-c", "import sys; sys.exit(9)"))
    before = state(fresh)
    for command in (RUN, ("preview", "Active users", "-p", "2026-10"), ("usage", "Active users", "-p", "2026-10")):
        outcome = duckbill(*command, "-w", fresh, "--isolate")
        assert outcome.code == 2 and outcome.stdout == b""
        assert outcome.stderr == "duckbill: metric 'Active users' failed: its process ended with exit code 9\n"
        if command is not RUN:
            assert duckbill(*command, "-w", fresh).code == 0
    # A streaming metric is the engine's own and needs no process.
    assert duckbill("preview", "Input Tokens", "-p", "2026-10", "-w", fresh, "--isolate").code == 0
    configure(fresh, "[isolation]\nalways = true")
    assert duckbill(*RUN, "-w", fresh).code == 2
    assert duckbill("invoices", "breakdown", "-p", "2026-10", "-w", fresh).code == 2
    configured = state(fresh)
    assert {name for name in configured if name.startswith("lake/")} == {n for n in before if n.startswith("lake/")}


def heavy(folder: Path, limits: str) -> Outcome:
    """A run with a SQL metric that joins the events with themselves again and again, under `limits`."""
    metric = folder / "metrics_sql" / "active_users.sql"
    tables = " ".join(f"JOIN events AS e{number} ON e{number}.event_type = e0.event_type" for number in range(1, 8))
    metric.write_text(
        "/* @metric\nname: Active users\n@metric */\n"
        f"SELECT SUM(LENGTH(e1.event_type)) AS value FROM events AS e0 {tables}\n"
    )
    configure(folder, f"[isolation]\n{limits}")
    return duckbill(*RUN, "-w", folder, "--isolate")


def test_a_heavy_metric_is_stopped_and_nothing_is_published(fresh: Path) -> None:
    landed(fresh)
    before = state(fresh)
    outcome = heavy(fresh, "cpu_seconds = 1\nwall_seconds = 20")
    assert (outcome.code, outcome.stdout) == (2, b""), outcome.stderr
    assert outcome.stderr == (
        "duckbill: metric 'Active users' was stopped after 1 s of CPU; make it read or compute less, or raise "
        "cpu_seconds in [isolation] of duckbill.toml\n"
    )
    left = state(fresh)
    assert {name: left[name] for name in before if name.startswith("lake")} == {
        name: found for name, found in before.items() if name.startswith("lake")
    }
    assert set(left) - set(before) <= {"runs"} and not list((fresh / "runs").iterdir())
    outcome = duckbill("invoices", "list", "-w", fresh)
    assert outcome.code == 2 and "nothing has been published yet" in outcome.stderr


def test_what_was_published_before_stays(fresh: Path) -> None:
    landed(fresh)
    assert duckbill(*RUN, "-w", fresh).code == 0
    lines = Workspace(fresh).line_items().arrow()
    assert duckbill("land", "-", "-w", fresh, "--now", NOW, stdin=_LATER).code == 0
    start_definitions(fresh / "lake")
    outcome = heavy(fresh, "cpu_seconds = 30\nwall_seconds = 1")
    assert outcome.code == 2 and "metric 'Active users' was stopped after 1 s; make it" in outcome.stderr
    assert Workspace(fresh).line_items().arrow().equals(lines)


_LATER = (
    json.dumps(
        {
            "transaction_id": "later",
            "customer_id": "team@acme.example",
            "event_type": "llm_request",
            "timestamp": "2026-10-30T00:00:00Z",
            "properties": {"model": "large", "input_tokens": "1000000", "user_id": "ben"},
        }
    ).encode()
    + b"\n"
)


def test_limits_that_are_none(fresh: Path) -> None:
    configure(fresh, '[isolation]\ncpu_seconds = 0\nmemory = "lots"')
    outcome = duckbill(*RUN, "-w", fresh)
    assert outcome.code == 2 and outcome.stdout == b""
    assert len(outcome.stderr.splitlines()) == 2
    assert "isolation.cpu_seconds: " in outcome.stderr and "isolation.memory: " in outcome.stderr
    assert CATALOG not in outcome.stderr
