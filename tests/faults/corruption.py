"""Damaging one file of a workspace in a way that disks, copies and people do, and seeing whether it is found.

A trial picks a kind of file, a file of that kind and a damage. `verify` must name that very file and no other. Then,
in a copy of the workspace, the next file is landed, the month run and finalized: either that is refused with an error
that names the file, or what is published is what the undamaged workspace publishes, byte for byte.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import duckdb

from engine.billing import OUTPUTS
from engine.errors import CorruptFileError, DuckbillError
from engine.events import delta_log, table
from engine.invoices import publish
from engine.invoices.publish import Outputs
from engine.late_marks import LateMarks
from engine.workspace import Workspace
from tests.faults.shop import NOW, PERIOD, events, make_workspace, ndjson

NEXT_PERIOD = "2026-10"
NEXT_NOW = "2026-10-20T00:00:00Z"
#: When the drafts of NEXT_PERIOD may become final.
NEXT_LATER = "2026-11-05T00:00:00Z"

#: The files of each kind, by a pattern in the workspace; each kind has the same share of the trials.
KINDS = {
    "events": "lake/events/date=*/*.parquet",
    "refused lines": "lake/rejected_events/*.parquet",
    "outputs": "lake/[a-z]*/billing_period=*/run_id=*/*.parquet",
    "commits": "lake/*/_delta_log/0*.json",
    "checkpoints": "lake/*/_delta_log/*.parquet",
    "heads": "lake/*/_delta_log/_head.json",
    "manifests": "runs/*/manifest.json",
    "catalogs": "runs/*/catalog.json",
    "compiled SQL": "runs/*/sql/*.sql",
    "logs": "runs/*/log.jsonl",
    "definitions": "lake/metric_definitions.json",
    "late usage marks": "lake/late_usage_seen.json",
    "kept readings": "cache/readings/*.parquet",
}

#: Files that may be gone: what decides nothing.
MAY_BE_GONE = frozenset({"late usage marks", "kept readings"})


@dataclass(frozen=True, slots=True)
class Damage:
    """What a trial does: `path` is what verify must name, relative to the workspace."""

    kind: str
    how: str
    path: Path
    #: What the file holds afterwards; None when it is gone.
    content: bytes | None

    def __str__(self) -> str:
        return f"{self.how} {self.kind} {self.path}"


@dataclass
class Counts:
    """What came of the trials; `problems` are those that failed, each with its seed and number."""

    trials: int = 0
    found: int = 0
    beside_in_log: int = 0
    publications: int = 0
    refused: int = 0
    identical: int = 0
    by_kind: Counter[str] = field(default_factory=Counter)
    by_how: Counter[str] = field(default_factory=Counter)
    parquet_flips: int = 0
    unnoticed_by_duckdb: int = 0
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        how = ", ".join(f"{each} {count}" for each, count in sorted(self.by_how.items()))
        kinds = ", ".join(f"{each} {count}" for each, count in sorted(self.by_kind.items()))
        return (
            f"{self.trials} damages ({how}; {kinds}): {self.found} found by verify, with"
            f" {self.beside_in_log} other files of the same logs; {self.publications} followed by"
            f" land, run and finalize: {self.refused} refused, {self.identical} byte-identical; {self.parquet_flips}"
            f" flipped bits in Parquet files, of which DuckDB alone answers otherwise without an error:"
            f" {self.unnoticed_by_duckdb}; {len(self.problems)} problems"
        )


def make(root: Path) -> Workspace:
    """A workspace with two landings, some of whose lines are refused, two months that are run, and one finalized."""
    workspace = make_workspace(root)
    with patch.object(delta_log, "COMMITS_BETWEEN_CHECKPOINTS", 2):
        for number in range(2):
            _land(workspace, number, events(1, 80, range(60 * number, 60 * number + 80)), NOW)
        workspace.run(PERIOD, now=NOW)
        _land(workspace, 2, _a_month_later(events(2, 80)), NEXT_NOW)
        workspace.run(NEXT_PERIOD, now=NEXT_NOW)
        workspace.finalize(PERIOD, now=NEXT_NOW)
    LateMarks(workspace.lake, workspace.config.invoices.late_usage).set(PERIOD, 0)
    return workspace


def corrupt(seed: int, count: int, publications: int, folder: Path) -> Counts:
    """Makes `count` damages, one after another, `publications` of them followed by landing, running and finalizing."""
    whole = make(folder / "whole")
    assert whole.verify() == []
    pristine = shutil.copytree(whole.root, folder / "pristine")
    expected = publish_next(Workspace(shutil.copytree(pristine, folder / "undamaged")))
    counts = Counts()
    step = max(1, count // publications) if publications else count + 1
    for number in range(count):
        damage = choose(Random(f"{seed}/{number}"), pristine, list(KINDS)[number % len(KINDS)])
        trial = f"seed {seed}, trial {number}, {damage}"
        counts.trials += 1
        counts.by_kind[damage.kind] += 1
        counts.by_how[damage.how] += 1
        _apply(damage, whole.root)
        _look(whole, damage, trial, counts)
        _count_flip(damage, pristine, whole.root, counts)
        _undo(damage, pristine, whole.root)
        if number % step == 0 and counts.publications < publications:
            _publish(pristine, damage, folder / "copy", expected, trial, counts)
    assert whole.verify() == [], "every damage has been undone"
    return counts


def choose(chance: Random, root: Path, kind: str) -> Damage:
    """A damage of some file of a kind."""
    paths = sorted(path.relative_to(root) for path in root.glob(KINDS[kind]))
    path = chance.choice(paths)
    content = (root / path).read_bytes()
    others = [each for each in paths if (root / each).read_bytes() != content]
    hows: dict[str, Callable[[], tuple[Path, bytes | None]]] = {
        "flipped": lambda: (path, _flipped(chance, content)),
        "truncated": lambda: (path, content[: chance.randrange(len(content))]),
        "foreign": lambda: _foreign(chance, root, path, content),
    }
    if kind not in MAY_BE_GONE:
        hows["deleted"] = lambda: (path, None)
    if others:
        hows["replaced"] = lambda: (path, (root / chance.choice(others)).read_bytes())
    how = chance.choice(sorted(hows))
    return Damage(kind, how, *hows[how]())


def publish_next(workspace: Workspace) -> dict[tuple[str, str], str]:
    """Lands the next file, runs and finalizes the month; the SHA-256 of every published output by period and name."""
    _forget()
    _land(workspace, 3, _a_month_later(events(3, 40)), "2026-10-21T00:00:00Z")
    workspace.run(NEXT_PERIOD, now=NEXT_LATER)
    final = workspace.finalize(NEXT_PERIOD, now=NEXT_LATER)
    if final.failed_controls:
        raise CorruptFileError("\n".join(final.failed_controls))
    _forget()
    outputs = Outputs(workspace.lake)
    published = {}
    for label, run_id in outputs.published_runs().items():
        for name in OUTPUTS:
            (file,) = (each for each in outputs._files(name, label) if each.run_id == run_id)
            published[label, name] = hashlib.sha256(file.path.read_bytes()).hexdigest()
    return published


def main(arguments: Sequence[str]) -> int:
    """The long run: `--count` damages, each followed by a publication unless `--publications` says how many are."""
    parser = argparse.ArgumentParser(prog="corruption", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--publications", type=int)
    asked = parser.parse_args(arguments)
    publications = asked.count if asked.publications is None else asked.publications
    logging.getLogger("duckbill").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        counts = corrupt(asked.seed, asked.count, publications, Path(folder))
    print(counts)
    for problem in counts.problems:
        print(problem)
    return 1 if counts.problems else 0


def _land(workspace: Workspace, number: int, landed: list[dict[str, Any]], now: str) -> None:
    path = workspace.root / f"landed-{number}.ndjson"
    path.write_bytes(ndjson(landed) + b'{"transaction_id": "no customer"}\nno event at all\n')
    workspace.land(path, now=now)


def _a_month_later(landed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for event in landed:
        event["timestamp"] = f"{(datetime.fromisoformat(event['timestamp'][:-1]) + timedelta(days=30)).isoformat()}Z"
    return landed


def _flipped(chance: Random, content: bytes) -> bytes:
    changed = bytearray(content)
    changed[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _foreign(chance: Random, root: Path, path: Path, content: bytes) -> tuple[Path, bytes]:
    """A file that was not there, named like one that might be: a copy, a part of another writer's, a next commit."""
    folder = path.parent
    if path.suffix == ".parquet" and "_delta_log" not in path.parts:
        changed = _flipped(chance, content)
        by_content = f"{hashlib.sha256(changed).hexdigest()}.parquet"
        names = ["part-00000-c000.snappy.parquet", f"{path.stem} (copy).parquet", by_content]
        return folder / chance.choice(names), changed
    if "_delta_log" in path.parts:
        newest = max(int(each.name[:20]) for each in (root / folder).glob("0*.json"))
        names = [f"{newest + 1:020d}.json", f"{newest:020d}.checkpoint.0000000001.0000000002.parquet", "_head.json.bak"]
        source = max((root / folder).glob("0*.json")).read_bytes()
        return folder / chance.choice(names), source
    return folder / chance.choice([f"{path.name}.bak", f"copy of {path.name}", "notes.txt"]), content


def _apply(damage: Damage, root: Path) -> None:
    path = root / damage.path
    # Never in place: outputs that a finalization did not change are two names of the same file.
    path.unlink(missing_ok=True)
    if damage.content is not None:
        path.write_bytes(damage.content)


def _undo(damage: Damage, pristine: Path, root: Path) -> None:
    (root / damage.path).unlink(missing_ok=True)
    if (pristine / damage.path).exists():
        shutil.copy2(pristine / damage.path, root / damage.path)


def _forget() -> None:
    """What this process has read before, perhaps of a file in the same place, is forgotten, as in a new one."""
    publish._KNOWN_FILES.clear()
    table._KNOWN_WHOLE.clear()


def _look(workspace: Workspace, damage: Damage, trial: str, counts: Counts) -> None:
    _forget()
    named = [finding.path.relative_to(workspace.root) for finding in workspace.verify()]
    counts.found += damage.path in named
    beside = [path for path in named if path != damage.path]
    # The links of a chain of commits vouch for each other: which of two is the wrong one cannot always be said.
    if "_delta_log" in damage.path.parts and all(path.parent == damage.path.parent for path in beside):
        counts.beside_in_log += len(beside)
        beside = []
    if damage.path not in named or beside:
        counts.problems.append(f"{trial}: verify names {', '.join(map(str, named)) or 'nothing'}")


def _count_flip(damage: Damage, pristine: Path, root: Path, counts: Counts) -> None:
    """Counts a flipped bit in a Parquet file, and whether DuckDB reads other values from it without an error."""
    if damage.how != "flipped" or damage.path.suffix != ".parquet":
        return
    counts.parquet_flips += 1
    try:
        counts.unnoticed_by_duckdb += _answer(root / damage.path) != _answer(pristine / damage.path)
    except duckdb.Error:
        return


def _answer(path: Path) -> object:
    with duckdb.connect() as connection:
        asked = "SELECT sum(hash(each)) FROM read_parquet($path, hive_partitioning = false) AS each"
        return connection.execute(asked, {"path": str(path)}).fetchone()


def _publish(
    pristine: Path, damage: Damage, copy: Path, expected: dict[tuple[str, str], str], trial: str, counts: Counts
) -> None:
    workspace = Workspace(shutil.copytree(pristine, copy))
    _apply(damage, workspace.root)
    counts.publications += 1
    try:
        found = publish_next(workspace)
    except DuckbillError as error:
        counts.refused += 1
        if damage.path.name not in str(error):
            counts.problems.append(f"{trial}: refused without its name: {error}")
    except Exception as error:
        counts.problems.append(f"{trial}: {type(error).__name__}: {error}")
    else:
        if found == expected:
            counts.identical += 1
        else:
            other = sorted(key for key in expected if found.get(key) != expected[key])
            counts.problems.append(f"{trial}: published something else: {other}")
    finally:
        shutil.rmtree(copy)


def damages(seed: int, count: int, root: Path) -> Iterator[Damage]:
    """The damages of a seed, for whoever wants to repeat one."""
    for number in range(count):
        yield choose(Random(f"{seed}/{number}"), root, list(KINDS)[number % len(KINDS)])
