"""What customers send and what is kept secret does not get into logs or messages; only commands that are to show it do.

An error names what the user has to find: the file and the line of an event, the object of a catalog. It never holds the
content of an event. Refused lines are kept, and shown by the command that is for that.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.cli import main
from engine.values.masked import without_values
from engine.workspace import Workspace
from tests.faults.shop import LATER, NOW, PERIOD, events, make_workspace, ndjson

TOKEN = "sk_live_canary7d41"
EMAIL = "ada.canary@example.com"
NAME = "Canarian Holdings"
PASSWORD = "canary-password-9"
CANARIES = (TOKEN, EMAIL, NAME, PASSWORD)

CAST = """/* @metric
name: Spent
unit: units
@metric */

SELECT SUM(CAST(properties.spent AS {type})) AS value
FROM events
WHERE event_type = 'call'
"""

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    """Runs a command as the shell would; its exit code, what it printed, and what it told on stderr."""
    monkeypatch.setenv("DUCKBILL_API_TOKEN", PASSWORD)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", PASSWORD)

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["duckbill", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed, told = capfd.readouterr()
        return int(ended.value.code or 0), printed, told

    return run


def secret_events() -> list[dict[str, object]]:
    made = events(1, 60)
    for number, event in enumerate(made):
        event["customer_id"] = EMAIL if number % 2 else event["customer_id"]
        event["properties"] |= {"api_token": TOKEN, "spent": TOKEN if number % 5 == 0 else number, "mail": EMAIL}
        event["transaction_id"] = f"{EMAIL}/{number}"
    return made


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = make_workspace(tmp_path / "workspace")
    catalog = made.root / "catalog" / "catalog.yml"
    known = catalog.read_text()
    known = known.replace("{id: acme, name: Acme}", f"{{id: acme, name: {NAME}, ingest_aliases: ['{EMAIL}']}}")
    assert NAME in known
    catalog.write_text(known)
    return made


def check_silent(*texts: str) -> None:
    for text in texts:
        for canary in CANARIES:
            assert canary not in text, text[:3000]


def logs(root: Path) -> list[str]:
    return [path.read_text() for path in root.rglob("log.jsonl")]


@pytest.mark.parametrize("form", ["json", "text"])
def test_nights_tell_nothing_of_events(workspace: Workspace, command: Command, form: str, tmp_path: Path) -> None:
    sent = tmp_path / "sent.ndjson"
    sent.write_bytes(ndjson(secret_events()))
    where, log = ("--workspace", workspace.root), ("--log-format", form)
    steps: list[tuple[object, ...]] = [
        ("land", sent, "--now", NOW, *where),
        ("land", sent, "--now", NOW, *where),
        ("run", "-p", PERIOD, "--now", NOW, *log, *where),
        ("nightly", "--now", NOW, *log, *where),
        ("finalize", "-p", PERIOD, "--now", LATER, *where),
        ("nightly", "--now", LATER, *log, *where),
        ("export", "metronome", "-p", PERIOD, "--out", tmp_path / "out", "--now", LATER, *where),
        ("verify", *where),
    ]
    for step in steps:
        code, _, told = command(*step)
        assert code == 0, (step, told)
        assert form == "text" or "--log-format" not in step or all(map(json.loads, told.splitlines()[:1])), told
        check_silent(told)
    assert logs(workspace.root)
    check_silent(*logs(workspace.root))


def test_refused_lines_are_counted_and_shown_only_when_asked_for(
    workspace: Workspace, command: Command, tmp_path: Path
) -> None:
    good = json.dumps(secret_events()[0])
    broken = [
        good.replace(NOW[:4], "1999"), good[:-9], good.replace(f'"{TOKEN}"', "NaN", 1), good.replace('"call"', '""'),
        good.replace('"transaction_id"', '"id"'), f'"{TOKEN}"', good.replace("}}", '},"timestamp":1}'),
        good.replace(EMAIL, EMAIL + "\\u0000"), good.replace(TOKEN, TOKEN + "\\ud800"), TOKEN * 100_000,
    ]  # fmt: skip
    sent = tmp_path / "sent.ndjson"
    sent.write_text("\n".join([good, good.replace('"large"', '"other"').replace('"small"', '"other"'), *broken]))
    for output in ("table", "json"):
        code, printed, told = command("land", sent, "--now", NOW, "-w", workspace.root, "-o", output)
        assert code == 0 and "bad_json" in printed
        check_silent(printed, told)
    assert any(TOKEN in str(row["content"]) for row in workspace.rejected().dicts())


def write_parquet(path: Path, properties: list[str]) -> Path:
    rows = secret_events()[: len(properties)]
    pq.write_table(
        pa.Table.from_pylist([row | {"properties": bag} for row, bag in zip(rows, properties, strict=True)]), path
    )
    return path


def test_a_file_that_cannot_be_read_is_named_and_not_quoted(
    workspace: Workspace, command: Command, tmp_path: Path
) -> None:
    array, not_json, not_text = tmp_path / "a.json", tmp_path / "b.parquet", tmp_path / "c.parquet"
    array.write_text("[" + json.dumps(secret_events()[0]) + f', {{"x": "{TOKEN}]')
    write_parquet(not_json, [f'{{"token": "{TOKEN}', f"{TOKEN}", "{}"])
    content = write_parquet(not_text, [json.dumps({"a": TOKEN})]).read_bytes()
    not_text.write_bytes(content.replace(EMAIL.encode(), b"\xff" + EMAIL.encode()[1:]))
    for path, code in ((array, 2), (not_json, 0), (not_text, 2)):
        ended, printed, told = command("land", path, "--now", NOW, "-w", workspace.root)
        assert ended == code and (code == 0 or path.name in told), (path, told)
        check_silent(printed, told)


@pytest.mark.parametrize("kind", ["DECIMAL(20, 2)", "INTEGER", "BIGINT"])
def test_values_that_are_no_numbers_are_counted_and_not_quoted(
    workspace: Workspace, command: Command, tmp_path: Path, kind: str
) -> None:
    (workspace.root / "metrics_sql" / "spent.sql").write_text(CAST.format(type=kind))
    workspace.land(secret_events(), now=NOW)
    for step in (("run", "-p", PERIOD, "--now", NOW, "--log-format", "json"), ("preview", "Spent", "-p", PERIOD)):
        _, _, told = command(*step, "-w", workspace.root)
        check_silent(told)
    check_silent(*logs(workspace.root))


def test_a_fault_of_duckbill_is_told_without_the_data_that_it_met(
    workspace: Workspace, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Workspace) -> None:
        try:
            duckdb.execute(f"SELECT CAST('{TOKEN}' AS INTEGER)").fetchall()
        except duckdb.Error as error:
            raise KeyError(EMAIL) from error

    monkeypatch.setattr(Workspace, "verify", broken)
    code, printed, told = command("verify", "-w", workspace.root)
    assert code == 70 and "KeyError" in told and "ConversionException" in told and __file__ in told
    check_silent(printed, told)


def test_what_the_database_quotes_is_left_out() -> None:
    queries = [
        f"SELECT CAST('{TOKEN}' AS INTEGER)", f"SELECT CAST('{TOKEN}' AS TIMESTAMP)",
        f"SELECT CAST('{{\"{TOKEN}' AS JSON)",
        f"SELECT CAST('{TOKEN}' AS DECIMAL(9,2))", f"SELECT error('{TOKEN}')", f"SELECT strptime('{TOKEN}', '%Y')",
        f"SELECT * FROM read_parquet('{TOKEN}')", f"SELECT map(['{TOKEN}', '{TOKEN}'], [1, 2])",
    ]  # fmt: skip
    for query in queries:
        with pytest.raises(duckdb.Error) as raised:
            duckdb.execute(query).fetchall()
        told = without_values(str(raised.value))
        if "error(" not in query:
            assert TOKEN not in told and "Error" in told, (query, told)
