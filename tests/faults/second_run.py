"""A run of a period that another process is running: it refuses in one line, or waits; notebooks read all the while."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, MutableSequence
from dataclasses import dataclass
from pathlib import Path

from engine.workspace import Workspace
from tests.faults.batches import batch, whole_batches
from tests.faults.concurrent_work import billed_tokens, metered_tokens
from tests.faults.journal import Journal
from tests.faults.processes import forkserver, run_command, told
from tests.faults.shop import NOW, PERIOD, make_workspace

#: The longest that anything here may take, in seconds, on a machine that is busy with other things too.
PATIENCE = 120.0


@dataclass(frozen=True)
class SecondRun:
    """What became of the runs that came second; the first was process `holder`.

    `refusal` is what the one that did not wait printed; `cpu` are the CPU seconds that the other used in the
    `watched` seconds in which it was watched waiting; `unchanged` says that it found the work done.
    """

    holder: int
    code: int
    refusal: str
    cpu: float
    watched: float
    same_run: bool
    unchanged: bool


def second_run(folder: Path) -> SecondRun:
    """Holds a run of two batches just before it publishes, while one batch is published, and runs the period twice."""
    folder.mkdir(parents=True)
    root, gate = make_workspace(folder / "workspace").root, forkserver().RawArray("b", 2)
    for name in ("first", "second"):
        Workspace(root).land(batch(name), now=NOW)
        if name == "first":
            Workspace(root).run(PERIOD, now=NOW)
    journals = [Journal(folder / f"{name}.ndjson") for name in ("first", "second")]
    first = forkserver().Process(target=_held_run, args=(root, gate, journals[0], folder / "first.txt"))
    second = forkserver().Process(target=_waiting_run, args=(root, journals[1], folder / "second.txt"))
    try:
        first.start()
        _wait(lambda: bool(gate[0]) or first.exitcode is not None)
        assert gate[0], (folder / "first.txt").read_text(encoding="utf-8")
        printed, where = folder / "printed.txt", ["--workspace", str(root), "--now", NOW]
        code = run_command(["run", "--period", PERIOD, *where], printed)
        second.start()
        _wait(lambda: _cpu(second.pid) >= 0 and _is_at_the_lock(second.pid))
        before, since = _cpu(second.pid), time.monotonic()
        _read_as_a_notebook(root)
        time.sleep(1)
        cpu, watched = _cpu(second.pid) - before, time.monotonic() - since
        assert second.exitcode is None, "the second run did not wait"
        gate[1] = 1
        for process, name in ((first, "first"), (second, "second")):
            process.join(PATIENCE)
            error = folder / f"{name}.txt"
            assert process.exitcode == 0, error.read_text(encoding="utf-8") if error.exists() else process.exitcode
        holder = first.pid or 0
    finally:
        for process in (first, second):
            if process.pid is not None:
                process.kill()
                process.join()
    (done,), (again,) = (journal.entries() for journal in journals)
    same = done["run_id"] == again["run_id"]
    return SecondRun(holder, code, printed.read_text(encoding="utf-8"), cpu, watched, same, again["unchanged"])


def _held_run(root: Path, gate: MutableSequence[int], journal: Journal, error: Path) -> None:
    def held(step: str, done: int, total: int) -> None:
        if step == "publishing":
            gate[0] = 1
            _wait(lambda: bool(gate[1]))

    told(lambda: journal.append({"run_id": Workspace(root).run(PERIOD, now=NOW, progress=held).run_id}), error)


def _waiting_run(root: Path, journal: Journal, error: Path) -> None:
    def run() -> None:
        done = Workspace(root, wait=PATIENCE).run(PERIOD, now=NOW)
        journal.append({"run_id": done.run_id, "unchanged": done.unchanged})

    told(run, error)


def _read_as_a_notebook(root: Path) -> None:
    """While the run is held, events of both batches and the invoices of the one that is published can be read."""
    workspace = Workspace(root)
    rows = workspace.preview("Tokens", period=PERIOD, group_by=["model"]).dicts()
    assert whole_batches(metered_tokens(rows)) == 2
    assert whole_batches(billed_tokens(workspace.line_items(PERIOD).dicts())) == 1
    assert len(workspace.invoices(PERIOD)) > 0


def _cpu(pid: int | None) -> float:
    """The CPU seconds that a process has used; below zero when there is none."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except FileNotFoundError:
        return -1.0
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def _is_at_the_lock(pid: int | None) -> bool:
    """Whether a process has opened the lock."""
    names = (os.readlink(each) for each in Path(f"/proc/{pid}/fd").iterdir())
    try:
        return any(Path(name).name.startswith(".lock") for name in names)
    except OSError:
        return False


def _wait(until: Callable[[], bool]) -> None:
    """Waits until something is so."""
    end = time.monotonic() + PATIENCE
    while not until():
        assert time.monotonic() < end, "nothing happened for too long"
        time.sleep(0.01)
