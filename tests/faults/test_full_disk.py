"""A full disk and a limit that is reached: one clear line, nothing is left behind, and the same command works later."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.errors import StorageError, UserError
from engine.workspace import Workspace
from tests.cli.command import Outcome, duckbill
from tests.faults import shop
from tests.faults.traffic import NOW, PERIOD, make_workspace, write_lines

pytestmark = pytest.mark.long

_KIB = 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 60 MiB; skips where this process may not mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=60m", "none", folder], capture_output=True, check=False
    )
    if not mounted or mounted.returncode:
        pytest.skip("this process may not mount a file system")
    yield folder
    subprocess.run(["umount", folder], check=True)


@contextmanager
def full_but_for(folder: Path, free: int) -> Iterator[None]:
    """The file system has so many bytes left, and no more."""
    told = os.statvfs(folder)
    filler = folder / "filler"
    filler.write_bytes(bytes(told.f_bavail * told.f_frsize - free))
    try:
        yield
    finally:
        filler.unlink()


def unfinished(folder: Path) -> set[str]:
    """What commands write aside and take away again: spilled data, staged files and folders."""
    return {str(path.relative_to(folder)) for path in folder.rglob(".[sr]*")}


def refused(outcome: Outcome, what: str) -> None:
    """The command failed, and said so in one line."""
    said = [line for line in outcome.stderr.splitlines() if line.startswith("duckbill: ")]
    assert outcome.code == 74, (outcome.code, outcome.stderr)
    assert len(said) == 1 and what in said[0], outcome.stderr
    assert "Traceback" not in outcome.stderr and "internal error" not in outcome.stderr


def test_every_command_at_a_full_disk(small_disk: Path, tmp_path: Path) -> None:
    root, out = small_disk / "workspace", small_disk / "exports"
    shop.make_workspace(root)
    out.mkdir()
    lines = tmp_path / "events.ndjson"
    lines.write_bytes(shop.ndjson(shop.events(1, 4_000)) + b"{broken\n")
    given = ("--workspace", root)
    month = ("--period", shop.PERIOD)
    story: list[tuple[tuple[object, ...], tuple[int, ...]]] = [
        (("land", lines, "--now", shop.NOW), (0, 16 * _KIB)),
        (("run", *month, "--now", shop.NOW), (0, 48 * _KIB)),
        (("finalize", *month, "--now", shop.LATER), (0, 48 * _KIB)),
        (("export", "focus", *month, "--out", out / "focus"), (0, 8 * _KIB)),
        (("reconcile", *month), (0, 256 * _KIB)),
    ]
    failures = 0
    for command, rooms in story:
        for free in rooms:
            standing = unfinished(small_disk)
            with full_but_for(small_disk, free):
                outcome = duckbill(*command, *given)
            refused(outcome, "the disk is full")
            failures += 1
            assert unfinished(small_disk) <= standing, (command, free)
        assert duckbill(*command, *given).code == 0, command
    print(f"{failures} commands failed at a full disk")
    assert duckbill("verify", *given).code == 0


def test_memory_has_no_room_to_spill(small_disk: Path) -> None:
    workspace = make_workspace(small_disk / "workspace", threads=1, memory="32MiB")
    with full_but_for(small_disk, 512 * _KIB), pytest.raises(StorageError) as raised:
        sort_more_than_fits(workspace)
    assert "the disk is full: it has no room for what does not fit in memory_limit = 32MiB" in str(raised.value)
    assert not unfinished(small_disk)
    sort_more_than_fits(workspace)


def test_a_limit_of_spilled_data(tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    make_workspace(root)
    set_engine(root, 'memory_limit = "32MiB"\nspill_limit = "1MiB"\nthreads = 1')
    with pytest.raises(UserError) as raised:
        sort_more_than_fits(Workspace(root))
    assert str(raised.value) == (
        "spill_limit = 1MiB is too little for what does not fit in memory_limit = 32MiB; "
        "raise one of them in [engine] of duckbill.toml"
    )
    assert not unfinished(root)
    set_engine(root, 'memory_limit = "32MiB"\nspill_limit = "200MiB"\nthreads = 1')
    sort_more_than_fits(Workspace(root))


def sort_more_than_fits(workspace: Workspace) -> None:
    """Sorts 32 MB of text that does not compress, which 32 MiB of memory cannot hold twice."""
    with workspace.connect() as connection:
        connection.execute(
            "CREATE TABLE sorted AS SELECT md5(i::VARCHAR) AS id FROM range(1_000_000) AS r(i) ORDER BY id"
        )


def test_too_little_memory_names_a_limit_that_works(tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    make_workspace(root, threads=8)
    lines = write_lines(tmp_path / "lines.ndjson", 0, 20_000)
    assert duckbill("land", lines, "--now", NOW, "--workspace", root).code == 0
    run = ("run", "--period", PERIOD, "--now", NOW, "--workspace", root)
    set_engine(root, 'memory_limit = "24MiB"\nthreads = 8')
    outcome = duckbill(*run)
    assert outcome.code == 2
    assert outcome.stderr.splitlines()[-1] == (
        "duckbill: memory_limit = 24MiB is too little, even on one thread; "
        'set memory_limit = "512MiB" or more in [engine] of duckbill.toml'
    )
    assert not unfinished(root)
    set_engine(root, 'memory_limit = "512MiB"\nthreads = 8')
    # One contract is parked, as it is with any memory.
    assert duckbill(*run).code == 1
    assert len(Workspace(root).invoices(PERIOD)) > 0


def test_files_may_not_be_as_large_as_they_must(tmp_path: Path) -> None:
    """What a quota or `ulimit -f` does, where no file system can be mounted."""
    root = tmp_path / "workspace"
    make_workspace(root)
    lines = write_lines(tmp_path / "lines.ndjson", 0, 60_000)
    code = (
        "import resource, runpy, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({200 * _KIB}, {200 * _KIB}))\n"
        "runpy.run_module('engine', run_name='__main__')\n"
    )
    land = ("land", str(lines), "--now", NOW, "--workspace", str(root))
    finished = subprocess.run(
        [sys.executable, "-c", code, *land], capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False
    )
    refused(Outcome(finished.returncode, b"", finished.stderr), "the file is larger than is allowed here")
    assert not unfinished(root)
    assert duckbill(*land).code == 0


def set_engine(root: Path, settings: str) -> None:
    """Writes the configuration of a workspace with this under `[engine]`."""
    (root / "duckbill.toml").write_text(f'[workspace]\nname = "limits"\n\n[engine]\n{settings}\n', encoding="utf-8")
