"""Fuzzed event lines are landed, and what became of each is held against `judge`.

A step is one lake with files of lines and of JSON arrays; nothing is kept from one step to the next, so a long run
needs no more memory than a short one and can be taken up again at any step.
"""

from __future__ import annotations

import argparse
import base64
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from engine.errors import UserError
from engine.events.land import LandingLimits, LandingResult, land
from engine.events.rejected import rejected_events
from engine.events.source import file_source
from engine.events.table import EventTable
from tests.faults.fuzzed_lines import NOW, LineFuzzer
from tests.faults.judge import REASONS, Accepted, judged, lines_of, tokens

_KEPT = 64 * 1024
_FILES_A_STEP = 3
_LINES_A_FILE = 10_000


@dataclass(frozen=True, slots=True)
class LineCounts:
    """What a run of the fuzzer saw; every one of these lines got the verdict of the judge."""

    lines: int
    accepted: int
    duplicate: int
    reasons: Counter[str]
    files: int
    refused_files: int


@dataclass(slots=True)
class _Expected:
    """What the judge makes of the lines of one lake, file by file."""

    events: dict[str, Accepted] = field(default_factory=dict)

    def of(self, numbered: Iterator[tuple[int, bytes]]) -> dict[int, tuple[bytes, str, Accepted | None]]:
        """Line number to its bytes, its verdict (`accepted`, `duplicate` or a reason) and its event."""
        found: dict[int, tuple[bytes, str, Accepted | None]] = {}
        for number, line in numbered:
            outcome = judged(line, NOW)
            if isinstance(outcome, str):
                found[number] = line, outcome, None
                continue
            is_first = outcome.transaction_id not in self.events
            found[number] = line, "accepted" if is_first else "duplicate", outcome
            self.events.setdefault(outcome.transaction_id, outcome)
        return found


class LineFault(AssertionError):
    """Landing and the judge differ, or landing failed; the message names seed and step."""


def fuzz(seed: int, count: int, first_step: int = 0) -> LineCounts:
    """Lands so many fuzzed lines; raises LineFault at the first disagreement."""
    totals: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    step = first_step
    while totals["lines"] < count:
        with tempfile.TemporaryDirectory() as folder:
            try:
                _run_step(seed, step, min(_LINES_A_FILE, count - totals["lines"]), Path(folder), totals, reasons)
            except Exception as error:
                raise LineFault(f"seed {seed}, step {step}: {type(error).__name__}: {error}") from error
        step += 1
    lines, accepted, duplicate = totals["lines"], totals["accepted"], totals["duplicate"]
    return LineCounts(lines, accepted, duplicate, reasons, totals["files"], totals["refused files"])


def _run_step(seed: int, step: int, lines: int, folder: Path, totals: Counter[str], reasons: Counter[str]) -> None:
    fuzzer = LineFuzzer(f"{seed}:{step}")
    limits = LandingLimits(property_fields=fuzzer.dice.choice([1, 5, 40]))
    expected = _Expected()
    with duckdb.connect(config={"threads": 2, "memory_limit": "1GB", "temp_directory": str(folder / "spill")}) as made:
        made.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        for number in range(_FILES_A_STEP):
            path = folder / f"{number}.sent"
            content = fuzzer.file(lines)
            numbered = lines_of(content)
            if number == 2:
                content, numbered = _as_array(fuzzer, content)
            path.write_bytes(content)
            wanted = expected.of(numbered)
            result = land(folder / "lake", file_source(path), now=NOW, limits=limits, connection=made)
            _check_lines(folder / "lake", result, wanted, expected.events)
            totals.update(lines=result.read, accepted=result.accepted, duplicate=result.duplicate, files=1)
            reasons.update(result.reasons)
        _check_events(made, folder / "lake", expected.events)
        totals.update({"refused files": _land_damaged_array(fuzzer, made, folder, limits)})


def _as_array(fuzzer: LineFuzzer, content: bytes) -> tuple[bytes, Iterator[tuple[int, bytes]]]:
    """The lines that an array can hold as one JSON array, and its elements by number."""
    unfit = ("bad_json", "bad_unicode", "too_large")
    kept = [line for _, line in lines_of(content) if judged(line, NOW) not in unfit]
    elements = [line.strip(b" \t\r\n") for line in kept]
    comma = fuzzer.dice.choice([b",", b" ,\n", b",\r\n\t"])
    return b"[" + comma.join(elements) + b"]\n", enumerate(elements, 1)


def _land_damaged_array(
    fuzzer: LineFuzzer, connection: duckdb.DuckDBPyConnection, folder: Path, limits: LandingLimits
) -> int:
    """Lands arrays that are no JSON: each is refused whole or its parts get a verdict each; how many were refused."""
    refused = 0
    for number in range(5):
        path = folder / f"array{number}.sent"
        parts = [fuzzer.line() for _ in range(50)]
        path.write_bytes(b"[" + b",".join(parts) + fuzzer.dice.choice([b"]", b"", b"]]", b",]", b"}", b'"]']))
        try:
            result = land(folder / "arrays", file_source(path), now=NOW, limits=limits, connection=connection)
            _check_counts(result)
        except UserError:
            refused += 1
    return refused


def _check_counts(result: LandingResult) -> None:
    assert result.read == result.accepted + result.duplicate + result.rejected, result
    assert result.rejected == sum(result.reasons.values()) and set(result.reasons) <= REASONS, result
    assert result.duplicate == sum(result.duplicates.values()), result
    assert set(result.duplicates) <= {"duplicate", "duplicate_conflict"}, result


def _check_lines(
    lake: Path,
    result: LandingResult,
    wanted: dict[int, tuple[bytes, str, Accepted | None]],
    events: dict[str, Accepted],
) -> None:
    _check_counts(result)
    kept = rejected_events(lake, result.batch_id).to_pylist()
    rows = {row["line"]: row for row in kept}
    assert len(rows) == len(kept), "a line was refused twice"
    assert set(rows) <= set(wanted), f"lines {sorted(set(rows) - set(wanted))[:5]} were never sent"
    for number, (line, verdict, event) in wanted.items():
        row = rows.get(number)
        found = "accepted" if row is None else row["reason"] if row["verdict"] == "rejected" else "duplicate"
        assert found == verdict, f"line {number}: {found} instead of {verdict}: {line[:2000]!r}, {row}"
        if row is not None and event is None:
            _check_content(line, row)
        elif row is not None and event is not None:
            _check_duplicate(event, events[event.transaction_id], row)
    assert result.read == len(wanted), f"{result.read} lines were read of {len(wanted)}"
    unknown = Counter(name[:200] for _, _, event in wanted.values() if event for name in event.unknown)
    assert unknown <= Counter(result.unknown_fields), (unknown, result.unknown_fields)


def _check_content(line: bytes, row: dict[str, Any]) -> None:
    text = row["content"]
    content = base64.b64decode(text) if row["encoding"] == "base64" else text.encode()
    whole = line if len(line) <= _KEPT else line[: len(content)]
    assert content == whole and _KEPT >= len(content) >= min(len(line), _KEPT // 4), (
        row["line"],
        len(content),
        line[:300],
    )
    assert row["detail"] and row["batch_id"] and row["source"], row


def _check_duplicate(event: Accepted, first: Accepted, row: dict[str, Any]) -> None:
    same = (event.customer_id, event.event_type, event.timestamp, event.properties) == (
        (first.customer_id, first.event_type, first.timestamp, first.properties)
    )
    nested = any(isinstance(value, tuple) for value in event.properties.values())
    wanted = {"duplicate"} if same else {"duplicate_conflict"}
    if same and nested:
        # Blanks and ways to write a number are part of what was sent, though not of what it means.
        wanted = {"duplicate", "duplicate_conflict"}
    assert row["reason"] in wanted and row["transaction_id"] == event.transaction_id, row
    sent = json.loads(row["content"])
    assert _shown(event, sent["properties"]) == event.properties, row
    assert [sent["customer_id"], sent["event_type"]] == [event.customer_id, event.event_type], row


def _check_events(connection: duckdb.DuckDBPyConnection, lake: Path, events: dict[str, Accepted]) -> None:
    snapshot = EventTable(lake).snapshot()
    assert snapshot is not None
    query = """
        SELECT transaction_id, customer_id, event_type, timestamp, properties, other_properties
        FROM read_parquet($files, union_by_name = true, hive_partitioning = false)
    """
    found = connection.execute(query, {"files": [str(file.path) for file in snapshot.files]})
    count = 0
    while rows := found.fetchmany(5_000):
        for transaction_id, customer_id, event_type, timestamp, fields, other in rows:
            count += 1
            event = events[transaction_id]
            sent = {name: text for name, text in (fields or {}).items() if text is not None} | (other or {})
            assert [customer_id, event_type, timestamp] == [event.customer_id, event.event_type, event.timestamp], event
            assert _shown(event, sent) == event.properties, (sent, event)
    assert count == len(events), f"{count} events are kept of {len(events)}"


def _shown(event: Accepted, sent: dict[str, str]) -> dict[str, Any]:
    """Kept properties as the judge shows them: containers by their tokens."""
    nested = {name for name, value in event.properties.items() if isinstance(value, tuple)}
    return {name: tokens(text) if name in nested else text for name, text in sent.items()}


def main(arguments: Sequence[str]) -> int:
    """`python -m tests.faults lines --seed S --count N [--from STEP]`; a failure names the step to begin with."""
    parser = argparse.ArgumentParser(prog="lines", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--from", type=int, default=0, dest="first_step")
    options = parser.parse_args(arguments)
    print(fuzz(options.seed, options.count, options.first_step))
    return 0
