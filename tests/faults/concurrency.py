"""Landers, readers, a compaction and a run at once: readers see whole commits, and nobody waits for ever.

Four processes land batches and wait for each other, one compacts, one bills over and over. Two read all the while: one
as a notebook does, through the workspace, the other with what anybody has who reads Delta tables. Each batch adds the
same to every line, so that a set of events or of lines which is not whole cannot look as if it were.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from engine.events.table import EventTable
from engine.workspace import Workspace
from tests.faults.batches import EVENTS, batch
from tests.faults.concurrent_work import WAIT, bill, compact, land, read, read_plainly
from tests.faults.journal import Journal
from tests.faults.processes import forkserver, told
from tests.faults.shop import NOW, make_workspace

LANDERS = 4

#: The longest that everything may take, in seconds for each batch, on a machine that is busy with other things too.
PATIENCE = 15.0


@dataclass(frozen=True)
class Concurrent:
    """What went on at once; `longest_wait` is the longest that one landing took, in seconds, its work included."""

    batches: int
    compactions: int
    notebook_looks: int
    plain_looks: int
    billed: tuple[int, ...]
    longest_wait: float
    cpu_seconds: float

    def __str__(self) -> str:
        return (
            f"{self.batches} batches by {LANDERS} landers, {self.compactions} compactions, {len(self.billed)} runs of "
            f"{', '.join(map(str, self.billed))} batches, {self.notebook_looks} looks by a notebook and "
            f"{self.plain_looks} without duckbill, all of whole commits; longest landing {self.longest_wait:.1f} s, "
            f"{self.cpu_seconds:.0f} CPU seconds"
        )


def concurrently(seed: int, count: int, folder: Path) -> Concurrent:
    """Lands `count` batches with everything else going on; raises AssertionError for whatever does not hold."""
    folder.mkdir(parents=True)
    root, done = make_workspace(folder / "workspace").root, forkserver().RawArray("b", 1)
    Workspace(root).land(batch(f"s{seed}-first"), now=NOW)
    names = [f"s{seed}-{number}" for number in range(count - 1)]
    landers = {f"lander-{n}": partial(land, root, names[n::LANDERS]) for n in range(LANDERS)}
    others = {"runner": bill, "compactor": compact, "notebook": read, "plain": read_plainly}
    with _running(folder, {**landers, **{name: partial(does, root, done) for name, does in others.items()}}) as started:
        _join(started, landers, folder, PATIENCE * count)
        done[0] = 1
        _join(started, others, folder, PATIENCE * count)
    journals = {name: Journal(folder / f"{name}.ndjson").entries() for name in (*landers, *others)}
    waits = [entry["seconds"] for name in landers for entry in journals[name]]
    billed = tuple(entry["batches"] for entry in journals["runner"])
    snapshot = EventTable(root / "lake").snapshot()
    assert snapshot is not None and snapshot.rows == count * EVENTS, f"not the events of {count} batches"
    assert len(waits) == count - 1 and max(waits) < WAIT, f"a lander waited for {max(waits)} seconds"
    assert billed[-1] == count, f"the last run has billed {billed[-1]} batches of {count}"
    return Concurrent(
        count,
        sum(entry["days"] for entry in journals["compactor"]),
        len(journals["notebook"]),
        len(journals["plain"]),
        billed,
        max(waits),
        sum(entries[-1]["cpu"] for entries in journals.values() if entries),
    )


@contextmanager
def _running(folder: Path, work: Mapping[str, Callable[[Journal], None]]) -> Iterator[dict[str, ForkServerProcess]]:
    """A process for each; whatever happens, none is left."""
    started: dict[str, ForkServerProcess] = {}
    try:
        for name, does in work.items():
            started[name] = forkserver().Process(target=_work, args=(does, name, folder))
            started[name].start()
        yield started
    finally:
        for process in started.values():
            process.kill()
            process.join()
            process.close()


def _work(does: Callable[[Journal], None], name: str, folder: Path) -> None:
    told(lambda: does(Journal(folder / f"{name}.ndjson")), folder / f"{name}.txt")


def _join(started: Mapping[str, ForkServerProcess], names: Iterable[str], folder: Path, seconds: float) -> None:
    """Waits until those of these names have done their work; whoever fails in the meantime ends it."""
    waiting, until = set(names), time.monotonic() + seconds
    while waiting and time.monotonic() < until:
        for name, process in started.items():
            if process.exitcode is not None:
                error = folder / f"{name}.txt"
                assert process.exitcode == 0, f"{name}: {error.read_text() if error.exists() else process.exitcode}"
                waiting.discard(name)
        time.sleep(0.02)
    assert not waiting, f"{', '.join(sorted(waiting))} did not end within {seconds:.0f} seconds"


def main(arguments: Sequence[str]) -> int:
    """`python -m tests.faults concurrency`: prints the counts; a workspace in which something does not hold is kept."""
    parser = argparse.ArgumentParser(prog="concurrency", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=500, help="how many batches are landed")
    chosen = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="duckbill-concurrency-"))
    print(concurrently(chosen.seed, chosen.count, folder / "all"))
    shutil.rmtree(folder)
    return 0
