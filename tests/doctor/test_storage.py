"""The disk and its file system: full, remote, or without what duckbill relies on."""

from __future__ import annotations

import errno
import fcntl
import os
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.doctor import storage
from tests.doctor.conftest import Checked

BLOCK = 4096


def with_room(monkeypatch: pytest.MonkeyPatch, free: int, inodes: int = 10**6, more: int = 10**6) -> None:
    there = SimpleNamespace(f_bavail=free // BLOCK, f_frsize=BLOCK, f_files=inodes, f_favail=more)
    monkeypatch.setattr(os, "statvfs", lambda path: there)


@pytest.mark.parametrize(
    ("free", "more", "status"),
    [(10 * 2**30, 10**6, "ok"), (2**29, 10**6, "warn"), (2**25, 10**6, "fail"), (10 * 2**30, 999, "fail")],
    ids=["room", "little", "none", "no names"],
)
def test_room_on_the_disk(checked: Checked, monkeypatch: pytest.MonkeyPatch, free: int, more: int, status: str) -> None:
    with_room(monkeypatch, free, more=more)
    row = checked("disk")
    assert row["status"] == status
    assert (row["remedy"] is None) == (status == "ok")


def test_a_file_system_that_counts_no_names_has_room_for_them(
    checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_room(monkeypatch, 10 * 2**30, inodes=0, more=0)
    assert checked("disk")["status"] == "ok"


def test_a_month_that_could_not_spill_is_worth_a_look(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_LITTLE_FREE", 0)
    monkeypatch.setattr(storage, "_LEAST_FREE", 0)
    with_room(monkeypatch, 2 * BLOCK)
    assert checked("disk")["status"] == "warn"


def refused(*arguments: object) -> None:
    raise OSError(errno.EOPNOTSUPP, "Operation not supported")


def test_a_file_system_without_links_fails(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "hardlink_to", refused)
    row = checked("file_system")
    assert (row["status"], row["remedy"]) == ("fail", "move the workspace to a local disk")
    assert str(row["found"]).endswith("cannot link files")


@pytest.mark.parametrize("harm", [refused, lambda *arguments: None], ids=["no locks", "locks that hold nobody"])
def test_a_file_system_without_locks_fails(checked: Checked, monkeypatch: pytest.MonkeyPatch, harm: object) -> None:
    monkeypatch.setattr(fcntl, "flock", harm)
    assert str(checked("file_system")["found"]).endswith("cannot lock files")


def test_a_file_system_that_cannot_sync_fails(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", refused)
    assert str(checked("file_system")["found"]).endswith("cannot write and sync files")


def test_a_file_system_that_is_read_only_fails(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(*arguments: object, **named: object) -> str:
        raise OSError(errno.EROFS, "Read-only file system", str(named.get("dir")))

    monkeypatch.setattr(tempfile, "mkdtemp", read_only)
    row = checked("file_system")
    assert (row["status"], "Read-only file system" in str(row["found"])) == ("fail", True)


def test_the_probes_leave_nothing(root: Path, checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted(root.rglob("*"))
    checked("file_system")
    monkeypatch.setattr(Path, "hardlink_to", refused)
    checked("file_system")
    assert sorted(root.rglob("*")) == before


def test_a_remote_file_system_is_worth_a_look(
    root: Path, checked: Checked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/a / ext4 rw 0 0\nserver:/x {tmp_path} nfs4 rw 0 0\nserver:/y {tmp_path}2 cifs rw 0 0\n")
    monkeypatch.setattr(storage, "_MOUNTS", mounts)
    row = checked("file_system")
    assert row["status"] == "warn"
    assert str(row["found"]).startswith(f"nfs4 at {root / 'lake'}: ")


def test_mount_points_with_blanks_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "my disk"
    folder.mkdir()
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/a / ext4 rw 0 0\n/dev/b {str(folder).replace(' ', chr(92) + '040')} xfs rw 0 0\n")
    monkeypatch.setattr(storage, "_MOUNTS", mounts)
    assert storage.file_system_kind(folder / "workspace") == "xfs"
    assert storage.file_system_kind(tmp_path) == "ext4"
