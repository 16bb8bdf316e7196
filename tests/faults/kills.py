"""kill -9 at random moments while processes land overlapping files, compact and bill: nothing lost, nothing twice.

Four processes land, one compacts and one bills, each over and over in the same workspace. A controller kills one after
another and starts it again at its place: at a random moment, as soon as it does something critical, before the n-th
file that it changes, or with a SIGTERM. What processes were promised is in journals outside of the workspace. The seed
and the number of the round in a failure repeat the same files and the same choices, though not the same instants.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.faults.kill_checks import check_end, check_events, check_published, check_same_bill, promised, vacuumed
from tests.faults.killed import COMPACTOR, RUNNER, WORKERS, Place, Shared, work
from tests.faults.offers import LANDERS, Offers
from tests.faults.phases import AT_WORK, CRITICAL, PHASES
from tests.faults.processes import forkserver, run_command
from tests.faults.shop import NOW, PERIOD, make_workspace

#: Kills in one workspace before everything is checked and another one is begun, and kills between two looks at it.
KILLS_A_ROUND, KILLS_BETWEEN_LOOKS = 50, 10

#: How often each kind of worker is chosen; one that bills takes ten times as long as one that lands.
_CHOSEN = {"land": 5, "compact": 2, "run": 2}

#: How often each way to die is.
_WAYS = {"moment": 6, "critical": 5, "change": 7, "terminated": 2}

#: Before which change of a file a worker dies at the latest, by what it does.
_CHANGES = {"land": 80, "compact": 60, "run": 400}

#: How long each kind of work takes, about, once the workspace is free.
_SECONDS = {"land": 0.2, "compact": 0.2, "run": 2.0}

#: The longest that a worker may take for anything, in seconds, on a machine that is busy with other things as well.
PATIENCE = 240.0


@dataclass(frozen=True)
class Killed:
    """What was done to the workers, and what they had been promised by the end; `vacuumed` is what they left."""

    kills: int = 0
    by_kind: Counter[str] = field(default_factory=Counter)
    by_phase: Counter[str] = field(default_factory=Counter)
    by_way: Counter[str] = field(default_factory=Counter)
    landings: int = 0
    events: int = 0
    runs: int = 0
    vacuumed: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Killed) -> Killed:
        return Killed(
            self.kills + other.kills,
            self.by_kind + other.by_kind,
            self.by_phase + other.by_phase,
            self.by_way + other.by_way,
            self.landings + other.landings,
            self.events + other.events,
            self.runs + other.runs,
            self.vacuumed + other.vacuumed,
        )

    def __str__(self) -> str:
        kinds, phases, ways, left = map(_listed, (self.by_kind, self.by_phase, self.by_way, self.vacuumed))
        return (
            f"{self.kills} kills, workers: {kinds}; phases: {phases}; ways: {ways}. {self.landings} files "
            f"acknowledged, {self.events} events, {self.runs} runs published: 0 lost, 0 twice, no half run. "
            f"Vacuumed: {left}"
        )


class Round:
    """One workspace and its workers."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._choice, self._offers, self._seed = random.Random(f"kills {seed}"), Offers(seed), seed
        folder.mkdir(parents=True)
        self._places = [Place(number, folder, seed) for number in range(WORKERS)]
        self._root = self._places[0].root
        workspace = make_workspace(self._root)
        workspace.land(self._offers.offer(0).written(folder), now=NOW)
        self._context = forkserver()
        self._shared = Shared(
            self._context.RawArray("b", WORKERS),
            self._context.RawArray("q", WORKERS),
            self._context.RawArray("q", [-1]),
            self._context.RawArray("b", 1),
        )
        self._processes: dict[int, ForkServerProcess] = {}

    def killed(self, count: int) -> Killed:
        """Kills so many workers, lets everybody finish, and checks everything."""
        by_kind, by_phase, by_way = Counter[str](), Counter[str](), Counter[str]()
        try:
            for each in self._places:
                self._start(each)
            for number in range(1, count + 1):
                (kind,) = self._choice.choices(list(_CHOSEN), list(_CHOSEN.values()))
                (way,) = self._choice.choices(list(_WAYS), list(_WAYS.values()))
                place = self._busiest(kind)
                by_kind[kind] += 1
                by_phase[self._kill(place, way)] += 1
                by_way[way] += 1
                self._start(self._places[place])
                if number % KILLS_BETWEEN_LOOKS == 0:
                    self._look()
            last = self._finish()
        finally:
            for process in self._processes.values():
                process.kill()
                process.join()
        told = promised(place.journal for place in self._places)
        events = check_end(self._root, self._offers, told, last)
        left = vacuumed(self._root)
        check_events(self._root, self._offers, told)
        self._commands_work(last + 1)
        reference = make_workspace(self._places[0].folder / "undisturbed" / "workspace").root
        check_same_bill(self._root, reference, self._offers, last + 1)
        return Killed(count, by_kind, by_phase, by_way, len(told.landings), len(events), len(told.runs), left)

    def _busiest(self, kind: str) -> int:
        """The worker of this kind that has the workspace, as soon as one has it; any of them when none gets it."""
        places = [place.number for place in self._places if place.kind == kind]
        self._choice.shuffle(places)
        found: list[int] = []

        def at_work() -> bool:
            found.extend(place for place in places if PHASES[self._shared.phases[place]] in AT_WORK)
            return bool(found)

        _wait(at_work, 3)
        return (found or places)[0]

    def _start(self, place: Place) -> None:
        self._shared.phases[place.number] = self._shared.deaths[place.number] = 0
        process = self._context.Process(target=work, args=(place, self._shared))
        process.start()
        self._processes[place.number] = process

    def _kill(self, place: int, way: str) -> str:
        """Ends a worker in one of the ways; the phase that it was in."""
        process, phases = self._processes[place], self._shared.phases
        if way == "change":
            self._shared.deaths[place] = self._choice.randrange(1, _CHANGES[self._places[place].kind])
            _wait(lambda: process.exitcode is not None, 3)
        else:
            wanted = CRITICAL if way == "critical" else AT_WORK
            _wait(lambda: PHASES[phases[place]] in wanted, 3)
            time.sleep(self._choice.uniform(0, 0.003 if way == "critical" else _SECONDS[self._places[place].kind]))
        self._check_alive(except_for=place)
        if process.exitcode is None:
            os.kill(process.pid or 0, signal.SIGTERM if way == "terminated" else signal.SIGKILL)
        process.join(PATIENCE)
        expected = {-signal.SIGKILL, 128 + signal.SIGTERM} if way == "terminated" else {-signal.SIGKILL}
        assert process.exitcode in expected, self._told(place)
        phase = PHASES[phases[place]]
        process.close()
        return phase

    def _look(self) -> None:
        """Whether all that has been promised by now is there, while the workers go on."""
        told = promised(place.journal for place in self._places)
        check_events(self._root, self._offers, told)
        check_published(self._root)

    def _finish(self) -> int:
        """Lets the landers come to an end, then the others; the number of the last file."""
        last = self._shared.last[0] = max(self._next_file(lander) for lander in range(LANDERS))
        self._join(range(LANDERS))
        self._shared.landed[0] = 1
        self._join((COMPACTOR, RUNNER))
        return last

    def _next_file(self, lander: int) -> int:
        """The third file that a lander is offered from now on: by the time it hears of the end it is at one before."""
        done = max((entry["file"] for entry in self._places[lander].journal.entries()), default=-1)
        offered = (number for number in itertools.count(done + 1) if lander in self._offers.landers_of(number))
        return next(itertools.islice(offered, 2, None))

    def _join(self, places: Iterable[int]) -> None:
        for place in places:
            process = self._processes[place]
            process.join(PATIENCE)
            assert process.exitcode == 0, self._told(place)

    def _check_alive(self, except_for: int) -> None:
        for place, process in self._processes.items():
            assert place == except_for or process.exitcode is None, self._told(place)

    def _commands_work(self, number: int) -> None:
        """Whether the next commands simply do what they are for."""
        folder = self._places[0].folder
        file, printed = self._offers.offer(number).written(folder), folder / "printed.txt"
        where = ["--workspace", str(self._root)]
        for arguments in (
            ["land", str(file), *where, "--now", NOW],
            ["run", "--period", PERIOD, *where, "--now", NOW],
            ["verify", *where],
        ):
            assert run_command(arguments, printed) == 0, f"duckbill {arguments[0]}: {printed.read_text()}"

    def _told(self, place: int) -> str:
        """What is known of a worker that ended as none should."""
        file = self._places[place].error
        error = file.read_text(encoding="utf-8") if file.exists() else "no error was told"
        return f"worker {place} ended with {self._processes[place].exitcode}: {error}"


def _listed(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counter.most_common())


def _wait(until: Callable[[], bool], seconds: float) -> None:
    """Waits until something is so, for so long at the most."""
    end = time.monotonic() + seconds
    while not until() and time.monotonic() < end:
        time.sleep(0.0005)


def kills(seed: int, count: int, folder: Path) -> Killed:
    """Kills so many workers in workspaces under `folder`, which is left as it is when something does not hold."""
    total = Killed()
    while total.kills < count:
        number = total.kills // KILLS_A_ROUND
        place = folder / f"round-{number}"
        try:
            total += Round(place, seed * 1000 + number).killed(min(KILLS_A_ROUND, count - total.kills))
        except BaseException as error:
            error.add_note(f"kills: seed {seed}, round {number}, the workspace is {place / 'workspace'}")
            raise
        shutil.rmtree(place)
    return total


def main(arguments: Sequence[str]) -> int:
    """`python -m tests.faults kills`: prints the counts; a workspace in which something does not hold is kept."""
    parser = argparse.ArgumentParser(prog="kills", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    chosen = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="duckbill-kills-"))
    print(kills(chosen.seed, chosen.count, folder))
    folder.rmdir()
    return 0
