"""What the machine and the system allow: each limit set too low."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.doctor import limits
from engine.values.memory import bytes_of
from tests.doctor.conftest import Checked

GIB = 2**30

Limited = Callable[[int, int], None]


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> Limited:
    """Sets a soft limit as far as this process can see."""
    known = resource.getrlimit

    def limit(which: int, soft: int) -> None:
        monkeypatch.setattr(resource, "getrlimit", lambda asked: (soft, soft) if asked == which else known(asked))

    return limit


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of a control group."""
    folder = tmp_path / "cgroup"
    folder.mkdir()
    monkeypatch.setattr(limits, "_GROUPS", folder)
    return folder


def with_memory(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    known = os.sysconf
    pages = {"SC_PHYS_PAGES": size // 4096, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(os, "sysconf", lambda name: pages.get(name) or known(name))


def configure(root: Path, engine: str) -> None:
    """The configuration with these settings of the database."""
    (root / "duckbill.toml").write_text(f'[workspace]\nname = "x"\n[engine]\n{engine}\n')


@pytest.mark.usefixtures("groups")
def test_more_memory_than_the_machine_has_is_worth_a_look(
    root: Path, checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_memory(monkeypatch, 4 * GIB)
    configure(root, 'memory_limit = "3GiB"')
    assert checked("memory")["status"] == "ok"
    configure(root, 'memory_limit = "4GiB"')
    row = checked("memory")
    assert (row["status"], row["found"]) == ("warn", "memory_limit is 4GiB, physical memory 4 GiB")
    assert row["remedy"] == 'set memory_limit = "3584MiB" in [engine] of duckbill.toml'
    configure(root, 'memory_limit = "3584MiB"')
    assert checked("memory")["status"] == "ok"


@pytest.mark.parametrize("name", ["memory.max", "memory/memory.limit_in_bytes"])
def test_more_memory_than_the_control_group_allows_is_worth_a_look(
    root: Path, checked: Checked, groups: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with_memory(monkeypatch, 64 * GIB)
    (groups / name).parent.mkdir(exist_ok=True)
    (groups / name).write_text(f"{2 * GIB}\n")
    configure(root, 'memory_limit = "2GiB"')
    row = checked("memory")
    assert (row["status"], row["found"]) == ("warn", "memory_limit is 2GiB, memory of the control group 2 GiB")
    (groups / name).write_text("max\n")
    assert checked("memory")["status"] == "ok"


@pytest.mark.usefixtures("groups")
def test_less_address_space_than_memory_is_worth_a_look(
    root: Path, checked: Checked, monkeypatch: pytest.MonkeyPatch, limited: Limited
) -> None:
    with_memory(monkeypatch, 64 * GIB)
    configure(root, 'memory_limit = "2GiB"')
    limited(resource.RLIMIT_AS, 2 * GIB)
    row = checked("memory")
    assert (row["status"], "address space (ulimit -v) 2 GiB" in str(row["found"])) == ("warn", True)


@pytest.mark.parametrize(
    ("text", "size"), [("100B", 100), ("1.5 KB", 1500), ("4GiB", 4 * GIB), ("500 MB", 500 * 10**6), ("1TiB", 2**40)]
)
def test_limits_are_read_as_the_database_reads_them(text: str, size: int) -> None:
    assert bytes_of(text) == size


def test_more_threads_than_cores_are_worth_a_look(
    root: Path, checked: Checked, groups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1, 2, 3})
    configure(root, "threads = 4")
    assert checked("threads")["status"] == "ok"
    configure(root, "threads = 5")
    row = checked("threads")
    assert (row["status"], row["remedy"]) == ("warn", "set threads = 4 in [engine] of duckbill.toml")
    configure(root, "")
    assert checked("threads")["status"] == "ok"
    (groups / "cpu.max").write_text("150000 100000\n")
    row = checked("threads")
    assert (row["status"], row["remedy"]) == ("warn", "set threads = 2 in [engine] of duckbill.toml")
    (groups / "cpu.max").write_text("max 100000\n")
    assert checked("threads")["status"] == "ok"


def test_fewer_open_files_than_a_month_has_are_worth_a_look(checked: Checked, limited: Limited) -> None:
    limited(resource.RLIMIT_NOFILE, 100)
    row = checked("open_files")
    assert row["status"] == "warn"
    assert str(row["found"]).startswith("100 open files; the most event files, ")
    limited(resource.RLIMIT_NOFILE, resource.RLIM_INFINITY)
    assert checked("open_files")["status"] == "ok"


def test_a_limit_of_the_size_of_files_is_worth_a_look_or_fails(checked: Checked, limited: Limited) -> None:
    limited(resource.RLIMIT_FSIZE, GIB)
    assert checked("file_size")["status"] == "warn"
    limited(resource.RLIMIT_FSIZE, 100)
    row = checked("file_size")
    assert (row["status"], row["remedy"]) == ("fail", "ulimit -f unlimited")
