"""The same events and the same catalog give the same bytes, whatever the machine and the process are like.

Lands, bills, reconciles and exports `traffic.py` in every combination of `grid.py`, and compares the SHA-256 of every
file that comes out. Interpreters are started by hash seed; in each of them, forked processes have a time zone each.
Nothing has read the time zone before: DuckDB and the C library remember what they found first.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path
from random import Random
from unittest.mock import patch

import duckdb

from engine.events.table import EventFile, EventTable
from tests.faults.grid import Combination, covering, whole_grid
from tests.faults.traffic import LATER, NOW, PERIOD, make_workspace, with_settings, write_lines

_REPOSITORY = Path(__file__).resolve().parents[2]

#: Lines that are landed before: enough for one day to have two row groups, which is what threads share out.
LANDED = 260_000
#: Lines that every combination lands, and how many of them have been landed before.
TO_LAND, KNOWN = 12_000, 1_000

#: What tells when something happened or how long it took, and so differs between any two runs.
_TIMES = ("log.jsonl", ".lock")


@dataclass(frozen=True, slots=True)
class Measured:
    """What one combination gave: the SHA-256 of each file by its path, and what the process saw of its settings."""

    combination: Combination
    files: Mapping[str, str]
    zone: str
    threads: int
    hash_of_a_word: int
    order_of_files: str


@dataclass(frozen=True, slots=True)
class Determinism:
    """How much was compared; `differing` are paths of files that are not the same everywhere, with a combination."""

    combinations: int
    files: int
    zones: int
    hash_seeds: int
    orders_of_files: int
    differing: tuple[str, ...]


def differing(measured: Sequence[Measured]) -> tuple[str, ...]:
    """Each file that is not everywhere what it is in the first combination, or not everywhere at all."""
    first = measured[0]
    found: dict[str, Combination] = {}
    for other in measured[1:]:
        for path in sorted(first.files.keys() | other.files.keys()):
            if first.files.get(path) != other.files.get(path):
                found.setdefault(path, other.combination)
    return tuple(f"{path}: {combination} differs from {first.combination}" for path, combination in found.items())


def determinism(
    folder: Path, combinations: Sequence[Combination], *, is_reported: bool = False, landed: int = LANDED
) -> Determinism:
    """Tries these combinations in an empty folder, exporting, finalizing and reconciling when everything `is_reported`.

    `landed` is how many lines have been landed before. Raises CalledProcessError when something fails.
    """
    make_workspace(folder / "template").land(write_lines(folder / "lines.ndjson", 0, landed), now=NOW)
    write_lines(folder / "lines.ndjson", landed - KNOWN, landed - KNOWN + TO_LAND)
    measured: list[Measured] = []
    for hash_seed, group in groupby(sorted(combinations), key=lambda each: each.hash_seed):
        finished = subprocess.run(
            [sys.executable, "-m", "tests.faults.determinism", str(folder), *(["reported"] if is_reported else [])],
            input=json.dumps([asdict(each) for each in group]),
            cwd=_REPOSITORY,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        for line in finished.stdout.splitlines():
            told = json.loads(line)
            measured.append(Measured(**{**told, "combination": Combination(**told["combination"])}))
    assert len(measured) == len(combinations)
    return Determinism(
        combinations=len(measured),
        files=sum(len(each.files) for each in measured),
        zones=len({each.zone for each in measured}),
        hash_seeds=len({each.hash_of_a_word for each in measured}),
        orders_of_files=len({each.order_of_files for each in measured}),
        differing=differing(measured),
    )


def _in_processes(folder: Path, is_reported: bool) -> None:
    """Measures the combinations that standard input asks for, in a forked process for each time zone."""
    asked = [Combination(**each) for each in json.load(sys.stdin)]
    for zone, group in groupby(asked, key=lambda each: each.zone):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                os.environ["TZ"] = zone
                time.tzset()
                for combination in group:
                    print(json.dumps(asdict(_measured(folder, combination, is_reported))), flush=True)
                code = 0
            except BaseException as error:
                error.add_note(f"determinism: {combination}")
                sys.excepthook(type(error), error, error.__traceback__)
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        if status:
            raise SystemExit(f"the process of {zone} ended with {os.waitstatus_to_exitcode(status)}")


def _measured(folder: Path, combination: Combination, is_reported: bool) -> Measured:
    """Lands, bills and reports in a copy of the workspace that has been landed before."""
    root = Path(shutil.copytree(folder / "template", folder / "workspace"))
    try:
        workspace = with_settings(root, threads=combination.threads, memory=combination.memory)
        with _files_in_order(combination.order) as orders, patch.object(os, "fsync", lambda descriptor: None):
            workspace.land(folder / "lines.ndjson", now=NOW)
            workspace.run(PERIOD, now=NOW)
            if is_reported:
                workspace.export_metronome(PERIOD, out=root / "metronome", now=NOW)
                workspace.export_focus(PERIOD, out=root / "focus")
        if is_reported:
            workspace.finalize(PERIOD, now=LATER, approve=True)
            # Its page and its controls list the files they are about, in the order of the snapshot.
            workspace.reconcile(PERIOD)
        with workspace.connect() as connection:
            ((threads,),) = connection.execute("SELECT current_setting('threads')").fetchall()
        with duckdb.connect() as plain:
            # Without the engine's settings a session has the time zone of its process.
            ((zone,),) = plain.execute("SELECT current_setting('TimeZone')").fetchall()
        return Measured(combination, _hashes(root), zone, threads, hash("duckbill"), orders[-1])
    finally:
        shutil.rmtree(root)


@contextmanager
def _files_in_order(order: str) -> Iterator[list[str]]:
    """Snapshots of event tables give their files in another order; the list tells the last one, as a hash."""
    arranged: Mapping[str, Callable[[list[EventFile]], list[EventFile]]] = {
        "committed": lambda files: files,
        "reversed": lambda files: files[::-1],
        "shuffled": lambda files: Random(len(files)).sample(files, len(files)),
    }
    seen: list[str] = []
    original = EventTable.snapshot_of

    def snapshot_of(self: EventTable, *arguments: object, **named: object) -> object:
        snapshot = original(self, *arguments, **named)  # type: ignore[arg-type]
        files = arranged[order](list(snapshot.files))
        seen.append(hashlib.sha256("".join(file.sha256 for file in files).encode()).hexdigest())
        return replace(snapshot, files=tuple(files))

    with patch.object(EventTable, "snapshot_of", snapshot_of):
        yield seen


def _hashes(root: Path) -> dict[str, str]:
    """The SHA-256 of every file in a workspace but its configuration, Delta logs and what tells times."""
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name not in (*_TIMES, "duckbill.toml") and "_delta_log" not in path.parts
    }


def main(arguments: Sequence[str]) -> int:
    """`python -m tests.faults determinism`: the whole grid, everything reported, or with --covering only a part."""
    parser = argparse.ArgumentParser(prog="determinism", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="which combinations --covering takes")
    parser.add_argument("--count", type=int, default=LANDED, help="lines landed before")
    parser.add_argument("--covering", action="store_true", help="only enough combinations for every two values to meet")
    chosen = parser.parse_args(arguments)
    combinations = covering(whole_grid(), chosen.seed) if chosen.covering else whole_grid()
    with tempfile.TemporaryDirectory(prefix="duckbill-determinism-") as folder:
        found = determinism(Path(folder), combinations, is_reported=True, landed=chosen.count)
    print(found)
    return 1 if found.differing else 0


if __name__ == "__main__":
    _in_processes(Path(sys.argv[1]), "reported" in sys.argv[2:])
