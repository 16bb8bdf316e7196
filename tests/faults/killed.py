"""The processes that are killed: each does one kind of work in a workspace, and journals what it was promised."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, MutableSequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from engine.errors import WorkspaceBusyError
from engine.events.land import LandingResult
from engine.workspace import Workspace
from tests.faults.journal import Journal
from tests.faults.offers import LANDERS, Offers
from tests.faults.phases import PHASES, watch_changes
from tests.faults.processes import told
from tests.faults.shop import NOW, PERIOD

Result = TypeVar("Result")

#: The places of the workers; those of the landers are 0 to 3.
COMPACTOR, RUNNER = LANDERS, LANDERS + 1
WORKERS = LANDERS + 2

#: How long a worker that waits for the lock does so; the others ask again and again.
WAIT = 120.0


@dataclass(frozen=True)
class Shared:
    """What the workers and the one who kills them see of each other, by place of worker, in shared memory."""

    phases: MutableSequence[int]
    deaths: MutableSequence[int]
    #: The number of the last file, -1 while there is no end; and whether every lander has landed its last.
    last: MutableSequence[int]
    landed: MutableSequence[int]


@dataclass(frozen=True)
class Place:
    """Where a worker is: its number, the folder of the whole round, and the seed."""

    number: int
    folder: Path
    seed: int

    @property
    def root(self) -> Path:
        """The workspace."""
        return self.folder / "workspace"

    @property
    def journal(self) -> Journal:
        """What this worker has been promised."""
        return Journal(self.folder / f"journal-{self.number}.ndjson")

    @property
    def error(self) -> Path:
        """The file that tells why this worker ended, when nobody killed it."""
        return self.folder / f"error-{self.number}.txt"

    @property
    def kind(self) -> str:
        """What the worker does."""
        return {COMPACTOR: "compact", RUNNER: "run"}.get(self.number, "land")


def work(place: Place, shared: Shared) -> None:
    """What a worker's process does from its start to its end; an error is told in a file beside the journal."""
    watch_changes(place.root, shared.phases, shared.deaths, place.number)
    does = {"land": _land, "compact": _compact, "run": _run}[place.kind]
    told(lambda: does(place, shared), place.error)


def _land(place: Place, shared: Shared) -> None:
    """Lands every file that is offered to this lander, until each is acknowledged."""
    offers, folder = Offers(place.seed), place.folder / f"offers-{place.number}"
    folder.mkdir(exist_ok=True)
    done = {entry["file"] for entry in place.journal.entries()}
    for number in itertools.count():
        if 0 <= shared.last[0] < number:
            return
        if number in done or place.number not in offers.landers_of(number):
            continue
        path = offers.offer(number).written(folder)
        landed = _patiently(place, shared, partial(_landed, path))
        place.journal.append({"file": number, **asdict(landed)})


def _landed(path: Path, workspace: Workspace) -> LandingResult:
    return workspace.land(path, now=NOW)


def _run(place: Place, shared: Shared) -> None:
    """Bills the period over and over, and once more when everything has landed."""
    is_last = False
    while not is_last:
        is_last = bool(shared.landed[0])
        run = _patiently(place, shared, lambda workspace: workspace.run(PERIOD, now=NOW))
        place.journal.append({"run_id": run.run_id, "unchanged": run.unchanged, "is_last": is_last})
        _rest(shared, 1.5)


def _compact(place: Place, shared: Shared) -> None:
    """Compacts over and over, and once more when everything has landed."""
    is_last = False
    while not is_last:
        is_last = bool(shared.landed[0])
        compacted = _patiently(place, shared, lambda workspace: workspace.compact(min_files=3))
        place.journal.append({"days": len(compacted.days), "is_last": is_last})
        _rest(shared, 0.3)


def _rest(shared: Shared, seconds: float) -> None:
    """Leaves the workspace to the others for a while, unless they are done."""
    if not shared.landed[0]:
        time.sleep(seconds)


def _patiently(place: Place, shared: Shared, command: Callable[[Workspace], Result]) -> Result:
    """What a command gives once the workspace is free for it.

    Every other worker waits for it; the rest are refused first, and then ask again with more and more patience.
    """
    wait = WAIT if place.number % 2 else 0.0
    while True:
        try:
            done = command(Workspace(place.root, wait=wait))
        except WorkspaceBusyError:
            wait = 2 * wait + 0.5
        else:
            shared.phases[place.number] = PHASES.index("idle")
            return done
