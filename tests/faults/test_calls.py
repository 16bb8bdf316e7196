"""A call that fails, at whatever point: a clear error, nothing half done, and the same command again heals."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.faults import programs, shim
from tests.faults.calls import Counts, calls
from tests.faults.forked import Forked
from tests.faults.shim import Fault, Operation

pytestmark = pytest.mark.long

#: Every call of a landing is tried; so many are never made.
_ALL = 1_000


def test_the_shim_sees_every_call_and_makes_the_chosen_one_fail(tmp_path: Path) -> None:
    with Forked() as forked:
        for call, fault, code, left in (
            (0, Fault.NONE, 0, b"firstsecond"),
            (1, Fault.NO_SPACE, 70, None),
            (3, Fault.IO_ERROR, 70, b""),
            (4, Fault.NO_PERMISSION, 70, b"first"),
            (3, Fault.SHORT_WRITE, 0, b"fiecond"),
            (3, Fault.DISK_FULL, 70, b""),
            (4, Fault.KILL, -9, b"first"),
        ):
            root = tmp_path / "root"
            shutil.rmtree(root, ignore_errors=True)
            root.mkdir()
            ended = forked.run(f"{programs.__name__}:wrote", str(root), call, int(fault))
            file = root / "folder" / "file"
            assert (ended.code, file.read_bytes() if file.exists() else None) == (code, left), fault.name
            fired = [n for n, each in enumerate(shim.recorded(tmp_path / "log"), 1) if each.fired]
            assert fired == ([call] if fault not in (Fault.NONE, Fault.KILL) else []), fault.name
    seen = [each.operation for each in shim.recorded(tmp_path / "log")]
    assert seen == [Operation.MKDIR, Operation.CREATE, Operation.WRITE]


def test_without_a_compiler_it_is_said_that_one_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(RuntimeError, match="need a C compiler called cc, gcc or clang"):
        shim.shim_library.__wrapped__()


def test_a_shim_that_does_not_compile_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess([], 1, "", "no headers")
    monkeypatch.setattr(subprocess, "run", lambda *arguments, **options: failed)
    with pytest.raises(RuntimeError, match=r"shim\.c cannot be compiled: no headers"):
        shim.shim_library.__wrapped__()


def test_every_call_of_a_landing_may_fail_or_be_the_last() -> None:
    (found,) = calls(seed=8, count=_ALL, names=["land"])
    assert found.trials == found.calls
    _check(found)


def test_calls_of_other_commands_may_fail_or_be_the_last() -> None:
    for found in calls(seed=8, count=3, names=["run", "finalize", "compact"]):
        _check(found)


def _check(found: Counts) -> None:
    print(found)
    assert not found.failures, "\n".join(found.failures)
    assert found.refused + found.done + found.absorbed + found.killed + found.missed == found.trials
    # Threads may take another order, but not often.
    assert found.missed <= found.trials / 10 + 1
