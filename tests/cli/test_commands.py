"""Every command on the starter workspace: what it prints, in every format it offers, and that it ends with 0."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.version import VERSION
from tests.cli.command import NOW, duckbill

#: Commands that print rows, and a column that each has.
ROW_COMMANDS = {
    "preview": (("preview", "Input Tokens", "-p", "2026-10"), "value"),
    "invoices list": (("invoices", "list"), "total"),
    "invoices show": (("invoices", "show", "Acme"), "unit_price"),
    "events rejected": (("events", "rejected"), "reason"),
}


def test_version() -> None:
    outcome = duckbill("--version")
    assert (outcome.code, outcome.text, outcome.stderr) == (0, f"{VERSION}\n", "")


def test_init_refuses_a_folder_with_something_in_it(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("mine")
    outcome = duckbill("init", tmp_path)
    assert outcome.code == 2 and "is not empty" in outcome.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]


def test_what_init_says_to_do_next_works(tmp_path: Path) -> None:
    outcome = duckbill("init", tmp_path / "mine")
    assert outcome.code == 0 and outcome.text == ""
    commands = [line.split() for line in outcome.stderr.splitlines() if line.startswith("  duckbill ")]
    assert [command[1] for command in commands] == ["land", "run"]
    for command in commands:
        assert duckbill(*command[1:]).code == 0, command


def test_validate_finds_nothing_wrong(starter: Path) -> None:
    outcome = duckbill("validate", "-w", starter)
    assert (outcome.code, outcome.text, outcome.stderr) == (0, "", "no problems\n")
    assert duckbill("validate", "-w", starter, "-o", "json").json() == {
        "schema_version": 1,
        "command": "validate",
        "problems": [],
        "notes": [],
    }


def test_land_files_and_standard_input(fresh: Path) -> None:
    lines = (fresh / "events" / "events.ndjson").read_bytes().splitlines(keepends=True)
    (fresh / "first.ndjson").write_bytes(b"".join(lines[:5]))
    table = pa.Table.from_pylist([json.loads(line) for line in lines[5:10]])
    pq.write_table(table, fresh / "second.parquet")
    array = json.dumps([json.loads(line) for line in lines[10:15]]).encode()
    outcome = duckbill(
        "land",
        fresh / "first.ndjson",
        fresh / "second.parquet",
        "-",
        "-w",
        fresh,
        "--now",
        NOW,
        "-o",
        "json",
        stdin=array,
    )
    assert outcome.code == 0
    landed = outcome.json()
    assert {key: landed[key] for key in ("schema_version", "command", "read", "accepted")} == {
        "schema_version": 1,
        "command": "land",
        "read": 15,
        "accepted": 15,
    }
    rest = b"".join([*lines[10:], b'{"transaction_id": "bad"}\n', b"no json\n"])
    landed = duckbill("land", "-", "-w", fresh, "--now", NOW, "-o", "json", stdin=rest).json()
    assert (landed["read"], landed["accepted"], landed["duplicate"], landed["rejected"]) == (12, 5, 5, 2)
    assert landed["reasons"] == {"bad_json": 1, "missing_field": 1}
    assert landed["duplicates"] == {"duplicate": 5}
    rejected = [
        json.loads(line) for line in duckbill("events", "rejected", "-w", fresh, "-o", "json").text.splitlines()
    ]
    assert [row["line"] for row in rejected if row["verdict"] == "rejected"] == [11, 12]
    assert len(rejected) == 7


def test_landing_a_file_again_adds_nothing_and_says_so(copy: Path) -> None:
    events = copy / "events" / "events.ndjson"
    outcome = duckbill("land", events, "-w", copy, "--now", NOW)
    assert outcome.code == 0 and "landed before; nothing was added" in outcome.stderr
    assert duckbill("land", events, "-w", copy, "--now", NOW, "-o", "json").json()["already_landed"] is True


@pytest.mark.parametrize("metric", ["Input Tokens", "Active users"])
@pytest.mark.parametrize("more", [(), ("-p", "2026-10")])
def test_compile_prints_sql(billed: Path, metric: str, more: tuple[str, ...]) -> None:
    outcome = duckbill("compile", metric, "-w", billed, *more)
    assert outcome.code == 0 and outcome.stderr == ""
    assert outcome.text.startswith("SELECT") and outcome.text.endswith(";\n")


def test_compile_is_for_the_events_that_have_landed(starter: Path, billed: Path) -> None:
    compiled = duckbill("compile", "Active users", "-w", billed).text
    assert "NULL AS TEXT" not in compiled and 'e.properties."user_id"' in compiled
    before = duckbill("compile", "Active users", "-w", starter).text
    comment, sql = before.split("\n", 1)
    assert comment == '-- None of the events that this is compiled for has "user_id": NULL stands there.'
    assert sql.startswith("SELECT") and 'CAST(NULL AS TEXT) AS "properties.user_id"' in sql
    assert duckbill("compile", "Active users", "-w", billed, "-p", "2025-01").text.splitlines()[0] == comment


def test_compile_reads_standard_input_for_the_events_of_a_workspace(billed: Path) -> None:
    sql = b"SELECT SUM(properties.input_tokens) + COUNT(properties.a.b) AS value FROM events"
    here = duckbill("compile", "-", "-w", billed, stdin=sql).text.splitlines()
    assert here[0] == '-- None of the events that this is compiled for has "a.b": NULL stands there.'
    assert any('e.properties."input_tokens"' in line for line in here)
    nowhere = duckbill("compile", "-", "-w", billed.parent, stdin=sql).text.splitlines()
    assert nowhere[0].startswith('-- None of the events that this is compiled for has "a.b", "input_tokens": ')
    refused = duckbill("compile", "-", "-w", billed, stdin=b"SELECT SUMM(properties.n) AS value FROM events")
    assert (refused.code, refused.text) == (2, "")
    assert refused.stderr.splitlines()[1:] == ["    SELECT SUMM(properties.n) AS value FROM events", "           ^"]


def test_no_name_ends_the_comment() -> None:
    sql = 'SELECT COUNT(properties."a\n; DROP") AS value FROM events'
    lines = duckbill("compile", "-", stdin=sql.encode()).text.splitlines()
    assert lines[0] == r'-- None of the events that this is compiled for has "a\n; DROP": NULL stands there.'
    assert lines[1] == "SELECT"


def test_compile_reads_a_metric_from_standard_input() -> None:
    accepted = duckbill("compile", "-", stdin=b"SELECT COUNT(*) AS value FROM events")
    assert accepted.code == 0 and "LATERAL" in accepted.text
    refused = duckbill("compile", "-", stdin='SELECT SUMM(properties."größe") AS value\nFROM events'.encode())
    assert refused.code == 2 and refused.text == ""
    assert "<stdin>:1:8: " in refused.stderr and "did you mean 'SUM'?" in refused.stderr
    lines = refused.stderr.splitlines()
    assert lines[1:3] == ['    SELECT SUMM(properties."größe") AS value', "           ^"]


def test_compile_refuses_what_is_no_text() -> None:
    outcome = duckbill("compile", "-", stdin=b"SELECT '\xff'")
    assert outcome.code == 2 and "not UTF-8 at byte 8" in outcome.stderr


def test_preview_by_customer_and_group(billed: Path) -> None:
    outcome = duckbill(
        "preview", "Input Tokens", "-p", "2026-10", "-w", billed, "--group-by", "model, user_id", "-o", "csv"
    )
    rows = list(csv.DictReader(io.StringIO(outcome.text)))
    assert [(row["model"], row["user_id"], row["value"]) for row in rows] == [
        ("large", "ben", "1345000"),
        ("small", "cai", "9000000"),
    ]
    for name in ("Acme", "team@acme.example", rows[0]["customer_id"]):
        one = duckbill(
            "preview", "Active users", "-p", "2026-10", "-w", billed, "--customer", name, "-o", "json"
        ).json()
        assert (one["customer_name"], one["value"]) == ("Acme", "2")


def test_run_again_does_nothing_and_says_so(copy: Path) -> None:
    again = duckbill("run", "-p", "2026-10", "-w", copy, "--now", "2026-11-05")
    assert again.code == 0 and "nothing was done" in again.stderr and "447.6" in again.text
    summary = duckbill("run", "-p", "2026-10", "-w", copy, "-o", "json").json()
    assert (summary["command"], summary["status"], summary["period"]) == ("run", "unchanged", "2026-10")
    assert summary["schema_version"] == 1 and (copy / "runs" / str(summary["run_id"])).is_dir()
    assert (summary["invoices"], summary["line_items"]) == (1, 5)
    assert summary["totals"] == {"USD (cents)": "447.6"}


def test_invoices_show_by_id_is_the_customers_lines(billed: Path) -> None:
    (invoice,) = [
        json.loads(line) for line in duckbill("invoices", "list", "-w", billed, "-o", "json").text.splitlines()
    ]
    by_id = duckbill("invoices", "show", invoice["id"], "-w", billed, "-o", "csv")
    by_name = duckbill("invoices", "show", "Acme", "-w", billed, "-p", "2026-10", "-o", "csv")
    assert by_id == by_name and len(by_id.text.splitlines()) == 6


@pytest.mark.parametrize("command", ROW_COMMANDS)
def test_rows_in_every_format(copy: Path, command: str) -> None:
    duckbill("land", "-", "-w", copy, "--now", NOW, stdin=b"no json\n")
    arguments, column = ROW_COMMANDS[command]
    outcomes = {form: duckbill(*arguments, "-w", copy, "-o", form) for form in ("table", "json", "csv", "parquet")}
    for form, outcome in outcomes.items():
        assert (outcome.code, outcome.stderr) == (0, ""), form
    table = pq.read_table(io.BytesIO(outcomes["parquet"].stdout))
    by_json = [json.loads(line) for line in outcomes["json"].text.splitlines()]
    by_csv = list(csv.DictReader(io.StringIO(outcomes["csv"].text)))
    # An invoice's lines stand under a line that says what the invoice comes to.
    heading = command == "invoices show"
    lines = outcomes["table"].text.splitlines()[heading:]
    assert len(by_json) == len(by_csv) == table.num_rows == len(lines) - 1 > 0
    assert column in table.column_names
    for names in (list(by_json[0]), list(by_csv[0])):
        assert names == table.column_names
    # A table for people may leave out columns of invoices and lines that are for programs.
    shown = lines[0].split()
    assert column in shown and set(shown) <= set(table.column_names)
    assert shown == table.column_names or command.startswith("invoices")
    assert [row[column] for row in by_csv] == [str(row[column]) for row in by_json]


def test_verify_finds_a_flipped_byte(copy: Path) -> None:
    assert duckbill("verify", "-w", copy).stderr == "every committed file is what was committed\n"
    flipped = sorted((copy / "lake" / "events").glob("date=*/*.parquet"))[0]
    content = bytearray(flipped.read_bytes())
    content[len(content) // 2] ^= 1
    flipped.write_bytes(content)
    outcome = duckbill("verify", "-w", copy)
    assert outcome.code == 1 and outcome.text == f"{flipped}: does not hold what was committed\n"
    assert outcome.stderr == "1 finding\n"
    summary = duckbill("verify", "-w", copy, "-o", "json").json()
    assert (summary["schema_version"], summary["command"]) == (1, "verify")
    assert summary["findings"] == [outcome.text.strip()]


def test_an_orphan_is_told_and_is_no_failure(copy: Path) -> None:
    left = copy / "lake" / "events" / f"{hashlib.sha256(b'by a crash').hexdigest()}.parquet"
    left.write_bytes(b"by a crash")
    outcome = duckbill("verify", "-w", copy)
    assert outcome.code == 0 and outcome.text == f"{left}: is in no version in use; it is never read\n"


def test_a_foreign_file_is_told_by_verify_and_by_a_run(copy: Path, caplog: pytest.LogCaptureFixture) -> None:
    (copy / "lake" / "events" / "mine.parquet").write_bytes(b"of somebody")
    outcome = duckbill("verify", "-w", copy)
    assert outcome.code == 1 and "mine.parquet: was not written by duckbill" in outcome.text
    run = duckbill("run", "-w", copy, "-p", "2026-10", "--now", NOW, "-o", "json")
    assert run.code == 0 and run.json()["foreign_files"] == 1
    assert "not written by duckbill, and never read: lake/events/mine.parquet" in caplog.text


def test_schema_is_json() -> None:
    outcome = duckbill("schema")
    assert outcome.code == 0 and "billable_metrics" in json.loads(outcome.text)["properties"]


def test_demo_in_two_formats(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    outcome = duckbill("demo", folder, "--scenario", "sdk-guide")
    assert outcome.code == 0
    assert "525" in outcome.text and str(folder / "lake" / "invoices") in outcome.stderr
    again = duckbill("demo", folder, "--scenario", "sdk-guide", "-o", "json").json()
    assert again["status"] == "unchanged" and again["totals"] == {"USD (cents)": "525"}


def test_demo_refuses_an_unknown_scenario_and_a_foreign_workspace(starter: Path, tmp_path: Path) -> None:
    unknown = duckbill("demo", tmp_path / "demo", "--scenario", "sdk-giude")
    assert unknown.code == 2 and "did you mean 'sdk-guide'?" in unknown.stderr and not (tmp_path / "demo").exists()
    assert duckbill("demo", starter).code == 2
