"""`duckbill events invalid`: what no metric could read as a number, where `run` says to look."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import shutil
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import UserError
from engine.workspace import Workspace, open_workspace
from tests.cli.command import NOW, duckbill

SQL = """\
/* @metric
name: Whole tokens
id: whole-tokens
@metric */
SELECT SUM(CAST(properties.input_tokens AS INT)) AS value FROM events WHERE properties.model = 'small'
"""
PRODUCT = "  - {name: Whole, type: USAGE, billable_metric: Whole tokens}\nrate_cards:\n"
RATE = """\
    rates:
      - {product: Whole, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 1}
"""


def event(number: str, day: str, tokens: object, model: str = "large", sender: str = "Acme") -> dict[str, object]:
    return {
        "transaction_id": number,
        "customer_id": {"Acme": "team@acme.example"}.get(sender, sender),
        "event_type": "llm_request",
        "timestamp": f"{day}T10:00:00Z",
        "properties": {"model": model, "input_tokens": tokens},
    }


#: In no order at all, so that the order of the rows is not that of the lines.
JUNK = [
    event("c1", "2026-10-20", "NaN"),
    event("b3", "2026-10-05", "1,000"),
    event("b2", "2026-10-05", "", "small"),
    event("b,1", "2026-10-05", True),
    event("b4", "2026-10-05", "0x10"),
    event("fine", "2026-10-05", "+7e2"),
    event("half", "2026-10-06", "1.5", "small"),
    event("absent", "2026-10-07", None),
    event("idle", "2026-10-08", "many", sender="idle-customer"),
    event("stranger", "2026-10-09", "many", sender="nobody"),
    event("earlier", "2026-09-30", "many"),
]


@pytest.fixture(scope="module")
def junk(starter: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The starter workspace with events whose tokens are no numbers, October billed; and what `run` said."""
    folder = Path(shutil.copytree(starter, tmp_path_factory.mktemp("junk") / "workspace"))
    catalog = folder / "catalog" / "catalog.yml"
    text = catalog.read_text().replace("rate_cards:\n", PRODUCT, 1).replace("    rates:\n", RATE, 1)
    catalog.write_text(text.replace("customers:\n", "customers:\n  - {id: idle-customer, name: Idle}\n", 1))
    (folder / "metrics_sql" / "whole.sql").write_text(SQL)
    lines = "".join(json.dumps(each) + "\n" for each in JUNK)
    assert duckbill("land", folder / "events" / "events.ndjson", "-w", folder, "--now", NOW).code == 0
    assert duckbill("land", "-", "-w", folder, "--now", NOW, stdin=lines.encode()).code == 0
    finished = duckbill("run", "-p", "2026-10", "-w", folder, "--now", NOW)
    assert finished.code == 0, finished.stderr
    return folder, finished.stderr


def rows_of(folder: Path, *more: str) -> list[dict[str, object]]:
    outcome = duckbill("events", "invalid", "-w", folder, "-o", "json", *more)
    assert outcome.code == 0, outcome.stderr
    return [json.loads(line) for line in outcome.text.splitlines()]


def test_rows_by_metric_customer_and_day_in_order(junk: tuple[Path, str]) -> None:
    folder, _ = junk
    rows = rows_of(folder, "--period", "2026-10")
    found = [
        (row["metric_name"], row["customer_id"], row["date"], row["events"], row["sample_transaction_ids"])
        for row in rows
    ]
    acme = next(str(row["customer_id"]) for row in rows if row["customer_id"] != "idle-customer")
    tokens = [
        ("Input Tokens", acme, "2026-10-05", 4, ["b,1", "b2", "b3"]),
        ("Input Tokens", acme, "2026-10-20", 1, ["c1"]),
        ("Input Tokens", "idle-customer", "2026-10-08", 1, ["idle"]),
    ]
    whole = [
        ("Whole tokens", acme, "2026-10-05", 1, ["b2"]),
        # A number, but no whole one, which is what this metric asks for.
        ("Whole tokens", acme, "2026-10-06", 1, ["half"]),
    ]
    ids = [str(row["billable_metric_id"]) for row in rows]
    assert ids == sorted(ids)
    assert sorted(found) == sorted([*tokens, *whole])
    assert [each for each in found if each[0] == "Input Tokens"] == sorted(tokens, key=lambda row: (row[1], row[2]))
    assert {tuple(row["properties"]) for row in rows} == {("input_tokens",)}  # type: ignore[arg-type]


def test_every_format_has_the_same_rows(junk: tuple[Path, str]) -> None:
    folder, _ = junk
    as_json = rows_of(folder)
    written = duckbill("events", "invalid", "-w", folder, "-p", "2026-10", "-o", "csv")
    as_csv = list(csv.DictReader(io.StringIO(written.text)))
    lists = ("sample_transaction_ids", "properties")
    assert [
        {name: json.loads(text) if name in (*lists, "events") else text for name, text in row.items()} for row in as_csv
    ] == as_json
    parquet = duckbill("events", "invalid", "-w", folder, "-p", "2026-10", "-o", "parquet")
    table = pq.read_table(pa.BufferReader(parquet.stdout))
    assert [{**row, "date": row["date"].isoformat()} for row in table.to_pylist()] == as_json
    shown = duckbill("events", "invalid", "-w", folder, "-p", "2026-10").text.splitlines()
    assert shown[0].split() == ["metric_name", "customer_id", "date", "events", "properties", "sample_transaction_ids"]
    assert len(shown) == len(as_json) + 1
    assert any(line.endswith('4       ["input_tokens"]  ["b,1", "b2", "b3"]') for line in shown)


def test_the_same_from_python(junk: tuple[Path, str]) -> None:
    folder, _ = junk
    workspace: Workspace = open_workspace(folder)
    rows = workspace.invalid_values("2026-10")
    assert rows.dicts() == workspace.invalid_values().dicts()
    assert [{**row, "date": str(row["date"])} for row in rows.dicts()] == rows_of(folder)
    assert all(isinstance(row["date"], date) for row in rows.dicts())


def test_one_transaction_id_accepted_twice_is_two_events(fresh: Path) -> None:
    settings = fresh / "duckbill.toml"
    settings.write_text(settings.read_text().replace("past_days = 34", "past_days = 120"))
    for when, tokens in ((NOW, "many"), ("2026-12-06T06:00:00Z", "a few")):
        line = json.dumps(event("again", "2026-10-05", tokens)) + "\n"
        landed = duckbill("land", "-", "-w", fresh, "--now", when, "-o", "json", stdin=line.encode()).json()
        assert (landed["accepted"], landed["already_landed"]) == (1, False)
    assert duckbill("run", "-p", "2026-10", "-w", fresh, "--now", "2026-12-06T06:00:00Z").code == 0
    (row,) = rows_of(fresh)
    assert (row["events"], row["sample_transaction_ids"]) == (2, ["again"])


def test_where_a_run_says_to_look_is_where_they_are(junk: tuple[Path, str]) -> None:
    folder, said = junk
    (line,) = [line for line in said.splitlines() if line.startswith("values that are no numbers")]
    count, command = re.findall(r"(\d+) rows; see them with: duckbill (.*)", line)[0]
    shown = duckbill(*shlex.split(command), "-w", folder)
    assert shown.code == 0 and len(shown.text.splitlines()) - 1 == int(count) == 5
    assert "no invoice" not in line


def test_a_run_of_numbers_alone_says_nothing_and_lists_nothing(billed: Path) -> None:
    again = duckbill("run", "-p", "2026-10", "-w", billed, "--now", NOW)
    assert again.code == 0 and "no numbers" not in again.stderr and "events invalid" not in again.stderr
    listed = duckbill("events", "invalid", "-w", billed)
    assert listed.code == 0 and len(listed.text.splitlines()) == 1
    assert duckbill("events", "invalid", "-w", billed, "-o", "json").text == ""


def test_a_period_without_a_run_is_told_with_the_nearest_that_has_one(junk: tuple[Path, str]) -> None:
    folder, _ = junk
    for period in ("2026-11", "2026-09"):
        outcome = duckbill("events", "invalid", "-w", folder, "--period", period)
        assert outcome.code == 2 and outcome.text == ""
        assert f"{period} has not been published; did you mean '2026-10'?" in outcome.stderr
        with pytest.raises(UserError, match="did you mean '2026-10'"):
            open_workspace(folder).invalid_values(period)


@pytest.mark.parametrize(
    ("period", "says"),
    [("2026-13", "2026-13"), ("october", "october"), ("2026-10-01", "2026-10-01"), ("", "such as 2026-10")],
)
def test_what_is_no_period_is_refused(junk: tuple[Path, str], period: str, says: str) -> None:
    outcome = duckbill("events", "invalid", "-w", junk[0], "--period", period)
    assert outcome.code == 2 and outcome.text == "" and says in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_before_any_run_there_is_nothing_to_look_at(fresh: Path) -> None:
    outcome = duckbill("events", "invalid", "-w", fresh)
    assert outcome.code == 2 and outcome.text == ""
    assert "nothing has been published yet; run a period first: duckbill run --period YYYY-MM" in outcome.stderr
