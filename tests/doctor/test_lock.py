"""Who is writing, and what a killed process leaves of that."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from engine.lock import exclusive
from tests.doctor.conftest import Checked


def test_who_writes_is_told_with_the_command_and_the_time(root: Path, checked: Checked) -> None:
    with exclusive(root / "lake"):
        row = checked("lock")
        assert row["status"] == "warn"
        assert f"process {os.getpid()}" in str(row["found"])
        assert "python" in str(row["found"]) and " has been writing since 20" in str(row["found"])
        # What is being written now is nobody's leftover.
        assert "not looked for" in str(checked("leftovers")["found"])
    assert checked("lock")["found"] == "nobody is writing"


def test_what_a_killed_process_has_left_in_the_file_is_no_lock(root: Path, checked: Checked) -> None:
    (root / "lake" / ".lock").write_text("process 4194305")
    row = checked("lock")
    assert row["status"] == "ok"
    assert "process 4194305 has ended without saying so" in str(row["found"])
    with exclusive(root / "lake"):
        pass


def test_looking_does_not_keep_anybody_from_writing(root: Path, checked: Checked) -> None:
    path = root / "lake" / ".lock"
    path.write_text("process 4194305")
    checked("lock")
    with path.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
