"""Bad input ends with one clear message and the documented exit code, and leaves the workspace as it was."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.command import NOW, duckbill


def state(folder: Path) -> dict[str, str]:
    """What is in a workspace: every folder, and every file with the hash of its content, but for the lock."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name not in ("lake", "lake/.lock", "lake/.lock.next"):
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
    return found


@dataclass(frozen=True)
class Mistake:
    """A command on a workspace that `make` has spoilt, and what its message must say."""

    make: Callable[[Path], object]
    command: tuple[str, ...]
    says: tuple[str, ...]
    code: int = 2


def nothing(folder: Path) -> None:
    """The workspace is sound; the command is not."""


def replaced(file: str, old: str, new: str) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        text = (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new))

    return make


def written(file: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / file).write_bytes(content)


def parquet(properties: pa.Array, end: int | None = None) -> Callable[[Path], object]:
    """A Parquet file of one event, cut off after `end` bytes."""

    def make(folder: Path) -> None:
        columns = {"transaction_id": ["t"], "customer_id": ["c"], "event_type": ["e"], "timestamp": [NOW]}
        pq.write_table(pa.table({**columns, "properties": properties}), folder / "in.parquet")
        (folder / "in.parquet").write_bytes((folder / "in.parquet").read_bytes()[:end])

    return make


def first_event_file(folder: Path) -> Path:
    return sorted((folder / "lake" / "events").glob("date=*/*.parquet"))[0]


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


DOUBLES = pa.array([{"n": 0.1}], pa.struct([("n", pa.float64())]))
TEXTS = pa.array([{"n": "0.1"}], pa.struct([("n", pa.string())]))
CATALOG = "catalog/catalog.yml"
SQL = "metrics_sql/active_users.sql"
RUN = ("run", "-p", "2026-10")

MISTAKES = {
    "broken YAML": Mistake(replaced(CATALOG, "products:", "products: ["), RUN, (f"duckbill: {CATALOG}:",)),
    "unknown key": Mistake(
        replaced(CATALOG, "aggregation_key:", "agregation_key:"),
        RUN,
        (f"{CATALOG}:5:5: unknown key 'agregation_key'", "did you mean 'aggregation_key'?"),
    ),
    "unknown metric in a product": Mistake(
        replaced(CATALOG, "billable_metric: Input Tokens", "billable_metric: Input Tokns"),
        RUN,
        (f"{CATALOG}:15:22: unknown billable metric 'Input Tokns'; did you mean 'Input Tokens'?",),
    ),
    "period that is none": Mistake(nothing, ("run", "-p", "October"), ("unknown period 'October'", "2026-10")),
    "period out of the calendar": Mistake(nothing, ("run", "-p", "0000-10"), ("outside the calendar",)),
    "period never run": Mistake(
        nothing, ("invoices", "list", "-p", "2026-09"), ("2026-09 has not been published; did you mean '2026-10'?",)
    ),
    "time that is none": Mistake(nothing, ("run", "-p", "2026-10", "--now", "noon"), ("'noon' is not an RFC 3339",)),
    "missing file": Mistake(nothing, ("land", "events/evnets.ndjson"), ("events/evnets.ndjson: no such file",)),
    "missing file after a good one": Mistake(
        written("good.ndjson", b'{"transaction_id": "new"}\n'),
        ("land", "good.ndjson", "missing.ndjson"),
        ("missing.ndjson: no such file",),
    ),
    "empty file": Mistake(written("in.ndjson", b""), ("land", "in.ndjson"), ("in.ndjson: the file is empty",)),
    "folder": Mistake(nothing, ("land", "events"), ("events: is a folder",)),
    "compressed file": Mistake(written("in.gz", b"\x1f\x8b\x08..."), ("land", "in.gz"), ("gzip data",)),
    "truncated Parquet": Mistake(
        parquet(TEXTS, -20), ("land", "in.parquet"), ("in.parquet: the Parquet file is trunc",)
    ),
    "Parquet of doubles": Mistake(parquet(DOUBLES), ("land", "in.parquet"), ("property 'n'", "DOUBLE", "DECIMAL")),
    "unknown metric": Mistake(nothing, ("compile", "Input Tokns"), ("did you mean 'Input Tokens'?",)),
    "unknown metric to preview": Mistake(
        nothing, ("preview", "active users", "-p", "2026-10"), ("did you mean 'Active users'?",)
    ),
    "unknown customer": Mistake(
        nothing, ("preview", "Input Tokens", "-p", "2026-10", "--customer", "Acne"), ("did you mean 'Acme'?",)
    ),
    "unknown invoice": Mistake(nothing, ("invoices", "show", "Acne"), ("no published invoice or customer 'Acne'",)),
    "unknown section": Mistake(
        replaced("duckbill.toml", "[landing]", "[landng]"),
        RUN,
        ("duckbill.toml:6:1: unknown key 'landng'; did you mean 'landing'?",),
    ),
    "unknown setting": Mistake(
        replaced("duckbill.toml", "past_days", "past_day"),
        ("land", "events/events.ndjson"),
        ("duckbill.toml:7:1: unknown key 'past_day'; did you mean 'past_days'?",),
    ),
    "bad TOML": Mistake(replaced("duckbill.toml", '"4GiB"', "4GiB"), RUN, ("duckbill.toml:12:17: not valid TOML",)),
    "memory that is none": Mistake(replaced("duckbill.toml", "4GiB", "lots"), RUN, ("duckbill.toml:12:1:",)),
    "more days than there are": Mistake(replaced("duckbill.toml", "34 ", "3400000000 "), RUN, ("duckbill.toml:7:1:",)),
    "configuration that is no text": Mistake(written("duckbill.toml", b"\xff"), RUN, ("not UTF-8 at byte 0",)),
    "missing event file": Mistake(
        lambda folder: first_event_file(folder).unlink(),
        ("preview", "Active users", "-p", "2026-10"),
        ("is committed but not there",),
        1,
    ),
    "truncated event file": Mistake(
        lambda folder: first_event_file(folder).write_bytes(first_event_file(folder).read_bytes()[:100]),
        ("preview", "Input Tokens", "-p", "2026-10"),
        ("does not hold what was committed",),
        1,
    ),
    "flipped byte in what was published": Mistake(
        lambda folder: flip(next((folder / "lake" / "line_items").rglob("*.parquet"))),
        ("invoices", "show", "Acme"),
        ("a published file has changed",),
        1,
    ),
    "damaged record of definitions": Mistake(
        written("lake/metric_definitions.json", b"{"), RUN, ("metric_definitions.json",), 1
    ),
    "unknown command": Mistake(nothing, ("lend",), ("No such command 'lend'",)),
    "unknown option": Mistake(nothing, ("run", "--month", "2026-10"), ("No such option",)),
    "unknown format": Mistake(nothing, ("invoices", "list", "-o", "xml"), ("'xml' is not one of",)),
    "no period": Mistake(nothing, ("run",), ("--period",)),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_one_clear_message(name: str, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mistake = MISTAKES[name]
    monkeypatch.chdir(copy)
    mistake.make(copy)
    before = state(copy)
    outcome = duckbill(*mistake.command)
    assert outcome.code == mistake.code, outcome
    assert outcome.stdout == b"" and "Traceback" not in outcome.stderr and "internal error" not in outcome.stderr
    for words in mistake.says:
        assert words in outcome.stderr
    if not outcome.stderr.startswith("Usage:"):
        assert len(outcome.stderr.splitlines()) == outcome.stderr.count("duckbill: ") == 1
    assert state(copy) == before


@pytest.mark.parametrize(
    "command", [("validate",), ("compile", "Heavy users"), ("preview", "Heavy users", "-p", "2026-10"), RUN]
)
def test_refused_sql_is_shown_with_a_caret(command: tuple[str, ...], copy: Path) -> None:
    header = "/* @metric\nname: Heavy users\n@metric */\n"
    (copy / "metrics_sql" / "heavy.sql").write_text(
        f"{header}SELECT COUNT(*) AS value\nFROM events\nWHERE evnt_type = 'a'\n"
    )
    product = "  - name: Heavy\n    type: USAGE\n    billable_metric: Heavy users\n"
    rates = "  - name: Standard\n    rates:\n"
    rate = "      - {product: Heavy, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 1}\n"
    text = (copy / CATALOG).read_text()
    (copy / CATALOG).write_text(text.replace("products:\n", f"products:\n{product}").replace(rates, rates + rate))
    before = state(copy)
    outcome = duckbill(*command, "-w", copy)
    shown = outcome.text if command == ("validate",) else outcome.stderr
    assert outcome.code == 2
    place, line, caret = shown.splitlines()[:3]
    assert place.removeprefix("duckbill: ").startswith("metrics_sql/heavy.sql:6:7: ")
    assert "did you mean 'event_type'?" in place
    assert (line, caret) == ("    WHERE evnt_type = 'a'", "          ^")
    assert state(copy) == before


def test_validate_reports_every_problem_at_once(fresh: Path) -> None:
    replaced(CATALOG, "aggregation_key:", "agregation_key:")(fresh)
    replaced(CATALOG, "price: 30", "price: thirty")(fresh)
    (fresh / "metrics_sql" / "headless.sql").write_text("SELECT 1")
    outcome = duckbill("validate", "-w", fresh)
    places = [line.split(" ")[0] for line in outcome.text.splitlines() if not line.startswith("    ")]
    assert outcome.code == 2
    assert places == [f"{CATALOG}:5:5:", f"{CATALOG}:28:119:", "metrics_sql/headless.sql:1:1:"]
    problems = duckbill("validate", "-w", fresh, "-o", "json").json()["problems"]
    assert isinstance(problems, list)
    assert [f"{each['file']}:{each['line']}:{each['column']}:" for each in problems] == places


def test_a_folder_that_is_no_workspace(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        for command in (("validate",), ("verify",), RUN, ("land", "x.ndjson"), ("invoices", "list")):
            outcome = duckbill(*command, "-w", folder)
            assert outcome.code == 2 and "is not a workspace" in outcome.stderr and "duckbill init" in outcome.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_empty_event_table(fresh: Path) -> None:
    before = state(fresh)
    for command in (RUN, ("preview", "Input Tokens", "-p", "2026-10")):
        outcome = duckbill(*command, "-w", fresh)
        assert outcome.code == 2 and "no events have landed" in outcome.stderr and "duckbill land" in outcome.stderr
    outcome = duckbill("invoices", "list", "-w", fresh)
    assert outcome.code == 2 and "nothing has been published yet" in outcome.stderr
    assert state(fresh) == before


def test_a_metric_that_was_billed_cannot_change(copy: Path) -> None:
    replaced(SQL, ">= 2", ">= 1")(copy)
    replaced(CATALOG, "aggregation_type: SUM", "aggregation_type: MAX")(copy)
    before = state(copy)
    outcome = duckbill(*RUN, "-w", copy)
    assert outcome.code == 2 and outcome.stdout == b""
    assert f"{CATALOG}:3:5: billable metric 'Input Tokens' changed since run" in outcome.stderr
    assert f"{SQL}:1:1: billable metric 'Active users' changed since run" in outcome.stderr
    assert "define a new metric under a new name" in outcome.stderr
    assert state(copy) == before


def test_a_run_names_the_damage_in_an_event_file(copy: Path) -> None:
    replaced(CATALOG, "price: 150", "price: 151")(copy)
    first_event_file(copy).unlink()
    before = state(copy)
    outcome = duckbill(*RUN, "-w", copy)
    assert outcome.code == 1 and "is committed but missing; restore it from a backup" in outcome.stderr
    assert state(copy) == before


def test_a_comment_in_a_billed_metric_can_change(copy: Path) -> None:
    replaced(SQL, "-- One day", "-- A day")(copy)
    assert duckbill(*RUN, "-w", copy).code == 0
