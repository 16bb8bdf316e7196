"""The n-th call fails: every call of a command that changes files is made to fail, and to be the last of its process.

After each, the workspace must be as before the command or as after it, never in between; the message must say where,
what and what to do; and the same command, given again without faults, must leave exactly what it leaves undisturbed.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from random import Random

from engine.events.delta_log import UNFINISHED
from engine.maintaining import Maintaining
from engine.workspace import Workspace
from tests.faults import shim, shop
from tests.faults.forked import Ended, Forked
from tests.faults.shim import Call, Fault, Operation
from tests.faults.state import state_of

FAULTS = (Fault.NO_SPACE, Fault.IO_ERROR, Fault.NO_PERMISSION, Fault.SHORT_WRITE, Fault.DISK_FULL, Fault.KILL)

#: What the command line says when the file system refuses (README, exit codes).
REFUSED = 74
_MESSAGE = re.compile(
    r"duckbill: (?P<path>/[^;]+): (?:the disk is full|input/output error|no permission); [^;\n]+ again[^;\n]*\n\Z"
)

#: The commands that are tried, with those that come before each.
COMMANDS = {
    "land": ("land FILE --now {now}", ()),
    "run": ("run --period {period} --now {later}", ("land",)),
    "finalize": ("finalize --period {period} --now {later}", ("land", "run")),
    "compact": ("compact --min-files 2", ("land", "again")),
    "again": ("land AGAIN --now {now}", ()),
}


TRIED = ("land", "run", "finalize", "compact")


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the trials of one command.

    `refused` ended with a message and changed nothing, `done` with a message after all was done; `absorbed` are faults
    that the command got over; `killed` processes left the workspace as before or as after. In all of them the same
    command then gave what it gives undisturbed. `missed` are trials in which the call was not made, because threads
    had taken another order.
    """

    command: str
    calls: int
    trials: int
    refused: int
    done: int
    absorbed: int
    killed: int
    missed: int
    failures: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.command}: {self.calls} calls, {self.trials} trials: {self.refused} refused, {self.done} done all "
            f"the same, {self.absorbed} absorbed, {self.killed} killed, {self.missed} missed; {len(self.failures)} bad"
        )


def command(arguments: Sequence[str], root: str, call: int, fault: int, log: str) -> None:
    """A command line in a forked process, with a fault; does not return."""
    from engine import cli

    sys.argv = ["duckbill", *arguments]
    shim.arm(Path(root), call=call, fault=Fault(fault), log=Path(log) if log else None)
    cli.main()


class Tried:
    """One command on one small workspace, done again and again from the same beginning."""

    def __init__(self, name: str, seed: int, folder: Path, forked: Forked) -> None:
        self.name, self._forked = name, forked
        self._root, self._before, self._log = folder / "w", folder / "before", folder / "log"
        # Events of one day, because every further day only does the same calls again.
        day = [n for n in range(40) if shop.events(seed, 1, [n])[0]["timestamp"] < "2026-09-19"]
        landed = shop.events(seed, 12, day[:12])
        (folder / "FILE").write_bytes(shop.ndjson([*landed, landed[0], {"transaction_id": "refused"}]))
        (folder / "AGAIN").write_bytes(shop.ndjson(shop.events(seed, 12, day[6:], more={"region": "north"})))
        self._folder = folder
        shop.make_workspace(self._before)
        self._begin()
        for each in COMMANDS[name][1]:
            assert self._do(each).code == 0, each
        shutil.rmtree(self._before)
        shutil.copytree(self._root, self._before)
        self.before = state_of(self._root)
        ended = self._do(name, logged=True)
        assert ended.code == 0, ended.stderr
        self.calls = shim.recorded(self._log)
        self.after = state_of(self._root)
        assert self.after != self.before or name == "compact"
        self._vacuum()
        self._kept = self._files()
        #: What has been left, by name and size, from where the command has been done again: it need not be twice.
        self._healed: set[frozenset[tuple[str, int]]] = set()

    def trial(self, n: int, fault: Fault) -> str:
        """Makes call n meet the fault, then does the command again; which of `Counts` this was.

        Raises AssertionError, which names the command, the call and the fault, for what must not be.
        """
        self._begin()
        ended = self._do(self.name, n, fault, logged=True)
        fired = [call for call in shim.recorded(self._log) if call.fired]
        with self._named(n, fault, fired, ended):
            found = state_of(self._root)
            assert found in (self.before, self.after), f"half done: {found}"
            answer = self._judged(fault, fired, ended, found == self.after)
            left = self._sizes()
            if left not in self._healed:
                self._heal()
                self._healed.add(left)
        return answer

    def _heal(self) -> None:
        """Does the command again, which must end where it ends undisturbed and leave nothing but what vacuum takes."""
        again = self._do(self.name)
        assert again.code == 0, f"done again: {again}"
        assert state_of(self._root) == self.after, "done again, it gives something else"
        damage = [str(each) for each in Workspace(self._root).verify() if each.kind != "orphan"]
        assert not damage, damage
        self._vacuum()
        # What was being written into a table's log is taken away by the next commit of the table.
        left = [name for name in self._files() - self._kept if f"_delta_log/{UNFINISHED}" not in name]
        assert not left, f"left behind: {sorted(left)}"

    def _judged(self, fault: Fault, fired: Sequence[Call], ended: Ended, is_done: bool) -> str:
        if fault is Fault.KILL:
            if ended.code == 0 and is_done:
                return "missed"
            assert ended.code == -9, "was not killed"
            return "killed"
        if ended.code == 0:
            assert is_done, "it says that all is well"
            assert not ended.stderr.startswith("duckbill: "), ended.stderr
            return "absorbed" if fired else "missed"
        assert ended.code == REFUSED and fired, "the exit code is another"
        told = _MESSAGE.match(ended.stderr)
        assert told and told["path"].startswith(str(self._root)), "the message is another"
        return "done" if is_done else "refused"

    @contextmanager
    def _named(self, n: int, fault: Fault, fired: Sequence[Call], ended: Ended) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            where = f"{fired[0].operation.name} {fired[0].path}" if fired else "not met"
            raise AssertionError(f"{self.name}, call {n}, {fault.name} ({where}): {error}\n{ended}") from error

    def _begin(self) -> None:
        shutil.rmtree(self._root, ignore_errors=True)
        shutil.copytree(self._before, self._root)

    def _do(self, name: str, call: int = 0, fault: Fault = Fault.NONE, *, logged: bool = False) -> Ended:
        line = COMMANDS[name][0].format(now=shop.NOW, period=shop.PERIOD, later=shop.LATER)
        words = [str(self._folder / each) if each in ("FILE", "AGAIN") else each for each in line.split()]
        arguments = [*words, "--workspace", str(self._root)]
        log = str(self._log) if logged else ""
        return self._forked.run("tests.faults.calls:command", arguments, str(self._root), call, int(fault), log)

    def _vacuum(self) -> None:
        Maintaining(self._root).vacuum(timedelta(0), now="2030-01-01T00:00:00Z")

    def _files(self) -> frozenset[str]:
        return frozenset(name for name, _ in self._sizes())

    def _sizes(self) -> frozenset[tuple[str, int]]:
        """The files and folders, without what connections spill into, whose names are different each time."""
        paths = (path for path in self._root.rglob("*") if not path.name.startswith(".spill-"))
        return frozenset((str(path.relative_to(self._root)), path.stat().st_size) for path in paths)

    @cached_property
    def writes(self) -> frozenset[int]:
        """The numbers of the calls that write."""
        return frozenset(n for n, call in enumerate(self.calls, 1) if call.operation is Operation.WRITE)


def calls(seed: int, count: int | None, names: Sequence[str], faults: Sequence[Fault] = FAULTS) -> list[Counts]:
    """Tries `count` calls of each command with one fault each, chosen by the seed; if None, all with every fault."""
    counts = []
    with Forked() as forked:
        for name in names:
            with tempfile.TemporaryDirectory(prefix="duckbill-calls-") as folder:
                tried = Tried(name, seed, Path(folder).resolve(), forked)
                chosen = _chosen(tried, Random(f"{seed}/{name}"), count, faults)
                found, failures = Counter[str](), []
                for n, fault in chosen:
                    try:
                        found[tried.trial(n, fault)] += 1
                    except AssertionError as failure:
                        failures.append(str(failure))
                known = {key: found[key] for key in ("refused", "done", "absorbed", "killed", "missed")}
                counts.append(Counts(name, len(tried.calls), len(chosen), **known, failures=tuple(failures)))
    return counts


def _chosen(tried: Tried, chance: Random, count: int | None, faults: Sequence[Fault]) -> list[tuple[int, Fault]]:
    """Which call meets which fault; half a write is tried only where something is written."""
    numbers = range(1, len(tried.calls) + 1)
    if count is None:
        return [(n, each) for n in numbers for each in faults if each is not Fault.SHORT_WRITE or n in tried.writes]
    kept = sorted(chance.sample(numbers, min(count, len(numbers))))
    begin = chance.randrange(len(faults))
    some = [(n, faults[(begin + at) % len(faults)]) for at, n in enumerate(kept)]
    return [(n, Fault.NO_SPACE if each is Fault.SHORT_WRITE and n not in tried.writes else each) for n, each in some]


def main(arguments: Sequence[str]) -> int:
    """`python -m tests.faults calls`: all calls of the commands with all faults."""
    parser = argparse.ArgumentParser(prog="calls", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, help="calls of each command; all, with every fault, if left out")
    parser.add_argument("--command", action="append", choices=TRIED, help="may be given again; all if left out")
    given = parser.parse_args(arguments)
    found = calls(given.seed, given.count, given.command or TRIED)
    for each in found:
        print(each, *each.failures, sep="\n")
    return 1 if any(each.failures for each in found) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
