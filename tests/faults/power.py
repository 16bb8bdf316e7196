"""Power loss: a command's calls are recorded, and at every point of the record the power is cut.

What the disk may hold then (see `disk.py`) must open, verify clean, hold everything that had been promised by then and
nothing by halves; and the commands, given again, must end where they end undisturbed.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from random import Random

from engine.errors import DuckbillError
from engine.workspace import Workspace
from tests.faults import shim, shop
from tests.faults.disk import Disk, Remains
from tests.faults.forked import Forked
from tests.faults.shim import Call, Operation
from tests.faults.state import State, state_of

#: In how many ways what was not synced is lost in part, at each point.
WAYS = 2


@dataclass(frozen=True, slots=True)
class Cut:
    """What a disk may hold after a power cut: after how many calls, lost how, and what had been promised by then."""

    calls: int
    lost: str
    promised: tuple[str, ...]
    remains: Remains


@dataclass(frozen=True, slots=True)
class Counts:
    """How many cuts of power were looked at: `states` different disks, of which `redone` had the commands given again.

    `failures` says what was wrong.
    """

    name: str
    calls: int
    cuts: int
    states: int
    redone: int
    failures: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.calls} calls, {self.cuts} power cuts, {self.states} different disks, "
            f"{self.redone} gone on from; {len(self.failures)} wrong"
        )


def record(function: str, root: Path, folder: Path, forked: Forked, *arguments: object) -> list[Call]:
    """What a function, which gets the root and the arguments, changes under `root`, with data; see `recorded_call`."""
    log = folder / "log"
    ended = forked.run("tests.faults.power:recorded_call", function, str(root), str(log), *arguments)
    assert ended.code == 0, ended.stderr
    return shim.recorded(log)


def recorded_call(function: str, root: str, log: str, *arguments: object) -> None:
    """The child's side of `record`."""
    import importlib

    module, _, name = function.partition(":")
    work: Callable[..., None] = getattr(importlib.import_module(module), name)
    shim.arm(Path(root), log=Path(log), data=True)
    work(root, *arguments)
    shim.disarm()


def cuts(before: Disk, calls: Sequence[Call], seed: int, ways: int = WAYS) -> Iterator[Cut]:
    """The power cut before each call and after the last: nothing lost, all that can be, and some of it in some ways."""
    promised: tuple[str, ...] = ()
    for number in range(len(calls) + 1):
        chance = Random(f"{seed}/{number}")
        yield Cut(number, "nothing", promised, before.after_nothing_lost())
        yield Cut(number, "everything", promised, before.after_all_lost())
        for way in range(ways):
            yield Cut(number, f"some, {way}", promised, before.after_some_lost(chance))
        if number < len(calls):
            before.follow(calls[number])
            if calls[number].operation is Operation.MARK:
                promised = (*promised, calls[number].path)


def land_both(root: str, first: str, second: str) -> None:
    """Two landings, the second of which brings a new property."""
    workspace = Workspace(root)
    for name, source in (("first", first), ("second", second)):
        workspace.land(source, now=shop.NOW)
        shim.mark(name)


def run_and_finalize(root: str) -> None:
    """A run, and its invoices made final."""
    workspace = Workspace(root)
    workspace.run(shop.PERIOD, now=shop.LATER)
    shim.mark("run")
    workspace.finalize(shop.PERIOD, now=shop.LATER)
    shim.mark("finalized")


#: What is recorded; each makes two promises.
WORKS: dict[str, Callable[..., None]] = {"land": land_both, "run": run_and_finalize}


def _named(work: Callable[..., None]) -> str:
    return f"tests.faults.power:{work.__name__}"


class Tried:
    """One work on one small workspace, recorded once and cut short everywhere."""

    def __init__(self, name: str, seed: int, folder: Path, forked: Forked) -> None:
        self.name, self.seed, self._folder, self._forked = name, seed, folder, forked
        self._root, sources = folder / "w", [folder / "first.ndjson", folder / "second.ndjson"]
        bad = {"transaction_id": "refused"}
        sources[0].write_bytes(shop.ndjson([*shop.events(seed, 12), shop.events(seed, 1)[0], bad]))
        wider = shop.events(seed, 12, range(6, 18), more={"region": "north"})
        sources[1].write_bytes(shop.ndjson([*wider, bad]))
        files = tuple(map(str, sources))
        self._work = WORKS[name]
        self._arguments = files if self._work is land_both else ()
        shop.make_workspace(self._root)
        if self._work is not land_both:
            ended = forked.run(_named(land_both), str(self._root), *files)
            assert ended.code == 0, ended.stderr
        self.disk = Disk(self._root)
        self._states = [state_of(self._root)]
        self.calls = record(_named(self._work), self._root, folder, forked, *self._arguments)
        self._states.extend(self._states_promised(deepcopy(self.disk)))
        assert len(set(self._states)) == 3, "each promise is of something new"

    def check(self, cut: Cut, *, go_on: bool) -> None:
        """Raises AssertionError for what must not be."""
        root = self._folder / "cut"
        shutil.rmtree(root, ignore_errors=True)
        cut.remains.write(root)
        least = len(cut.promised)
        try:
            state = state_of(root)
            assert state in self._states[least : least + 2], f"promised {cut.promised}, but found {state}"
            damaged = [str(each) for each in Workspace(root).verify() if each.kind != "orphan"]
            assert not damaged, damaged
            if go_on:
                again = self._forked.run(_named(self._work), str(root), *self._arguments)
                assert again.code == 0, f"done again: {again}"
                assert state_of(root) == self._states[-1], "done again, it gives something else"
        except (AssertionError, DuckbillError, OSError, ValueError) as error:
            last = self.calls[cut.calls - 1] if cut.calls else None
            where = f"after call {cut.calls}" + (f" ({last.operation.name} {last.path})" if last else "")
            told = f"{self.name}, seed {self.seed}, {where}, lost: {cut.lost}: {type(error).__name__}: {error}"
            raise AssertionError(told) from error

    def _states_promised(self, disk: Disk) -> Iterator[State]:
        """What is there when each promise has just been made."""
        for call in self.calls:
            disk.follow(call)
            if call.operation is Operation.MARK:
                root = self._folder / "promised"
                disk.after_nothing_lost().write(root)
                yield state_of(root)
                shutil.rmtree(root)


def power(seed: int, count: int | None, names: Sequence[str], *, go_on_from: int | None = None) -> list[Counts]:
    """Cuts the power at `count` points of each work, chosen by the seed, or at all; looks at each different disk once.

    From `go_on_from` of them, or from all, the commands are given again.
    """
    counts = []
    with Forked() as forked:
        for name in names:
            with tempfile.TemporaryDirectory(prefix="duckbill-power-") as folder:
                counts.append(_tried(Tried(name, seed, Path(folder).resolve(), forked), count, go_on_from))
    return counts


def _tried(tried: Tried, count: int | None, go_on_from: int | None) -> Counts:
    chance = Random(f"{tried.seed}/{tried.name}")
    points = range(len(tried.calls) + 1)
    chosen = set(points if count is None else chance.sample(points, min(count, len(points))))
    different: dict[tuple[int, int], Cut] = {}
    made = 0
    for cut in cuts(tried.disk, tried.calls, tried.seed):
        if cut.calls in chosen:
            made += 1
            different.setdefault((cut.remains.identity(), len(cut.promised)), cut)
    looked_at = list(different.values())
    redone = len(looked_at) if go_on_from is None else min(go_on_from, len(looked_at))
    further = set(chance.sample(range(len(looked_at)), redone))
    failures = []
    for number, cut in enumerate(looked_at):
        try:
            tried.check(cut, go_on=number in further)
        except AssertionError as failure:
            failures.append(str(failure))
    return Counts(tried.name, len(tried.calls), made, len(looked_at), redone, tuple(failures))


def main(arguments: Sequence[str]) -> int:
    """`python -m tests.faults power`: the power is cut at every call, and everything is gone on from."""
    parser = argparse.ArgumentParser(prog="power", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=None, help="points of each work; all of them if left out")
    parser.add_argument("--go-on-from", type=int, default=None, help="disks that are gone on from; all if left out")
    parser.add_argument("--work", action="append", choices=sorted(WORKS))
    given = parser.parse_args(arguments)
    found = power(given.seed, given.count, given.work or sorted(WORKS), go_on_from=given.go_on_from)
    for each in found:
        print(each, *each.failures, sep="\n")
    return 1 if any(each.failures for each in found) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
