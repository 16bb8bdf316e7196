"""What the file system refuses is told as that, and nothing else is."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from deltalake.exceptions import DeltaError

from engine.cli import main
from engine.errors import CorruptFileError, StorageError
from engine.storage_faults import storage_fault, storage_faults_told

_HERE = Path("/somewhere/workspace")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/lake/a"), "/lake/a: the disk is full; free some space"),
        (OSError(errno.EACCES, "Permission denied", "/lake/.aside", None, "/lake/a"), "/lake/a: no permission; give"),
        (OSError(errno.EROFS, "Read-only file system"), "/somewhere/workspace: the file system is read-only; mount"),
        (OSError(errno.EIO, "Input/output error", b"/lake/a"), "/lake/a: input/output error; look at the disk"),
        (OSError(errno.EDQUOT, "Disk quota exceeded", Path("/lake/a")), "/lake/a: the disk quota is used up; free"),
        (OSError(errno.EMFILE, "Too many open files", "/lake/a"), "/lake/a: too many files are open; raise"),
        (
            duckdb.IOException('IO Error: Cannot open file "/lake/my: file": Permission denied'),
            "/lake/my: file: no permission; give",
        ),
        (
            duckdb.IOException(
                'IO Error: Async write failed for range [offset=0, size=9]: {"exception_message":"Could not write file '
                '\\"/lake/a b\\": No space left on device","errno":"28"}'
            ),
            "/lake/a b: the disk is full; free some space",
        ),
        (
            DeltaError("Generic LocalFileSystem error\n ↳ No space left on device (os error 28)"),
            "/somewhere/workspace: the disk is full; free",
        ),
        (
            pa.ArrowException("Error writing bytes to file. Detail: [errno 5] Input/output error"),
            "/somewhere/workspace: input/output error; look",
        ),
    ],
)
def test_a_refusal_says_where_what_and_what_to_do(error: Exception, told: str) -> None:
    found = storage_fault(error, _HERE)
    assert isinstance(found, StorageError) and found.exit_code == 74
    assert str(found).startswith(told)
    assert str(found).endswith(", then give the same command again: it does nothing twice")
    assert "\n" not in str(found)


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(errno.ENOENT, "No such file or directory", "/lake/a"),
        FileExistsError(errno.EEXIST, "File exists", "/lake/a"),
        BrokenPipeError(errno.EPIPE, "Broken pipe"),
        OSError("no number"),
        KeyError("No space left on device"),
        AssertionError("Permission denied"),
        duckdb.IOException('IO Error: No files found that match the pattern "/lake/*"'),
        duckdb.InternalException("INTERNAL Error: out of range"),
        CorruptFileError("/lake/a: does not hold what was committed: Input/output error"),
    ],
)
def test_whatever_else_goes_wrong_stays_what_it_is(error: Exception) -> None:
    assert storage_fault(error, _HERE) is None
    with pytest.raises(type(error)) as raised, storage_faults_told(_HERE):
        raise error
    assert raised.value is error


def test_the_error_of_the_system_stays_the_cause() -> None:
    refused = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(StorageError) as raised, storage_faults_told(_HERE):
        raise refused
    assert raised.value.__cause__ is refused


def test_without_any_name_it_is_still_one_sentence() -> None:
    told = str(storage_fault(OSError(errno.ENOSPC, "No space left on device")))
    assert told.startswith("a file: the disk is full; free some space")


def test_output_to_a_full_disk_is_told_and_not_a_bug(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    full = os.fdopen(os.open("/dev/full", os.O_WRONLY), "w")
    monkeypatch.setattr(sys, "stdout", full)
    monkeypatch.setattr(sys, "argv", ["duckbill", "schema"])
    with pytest.raises(SystemExit) as ended:
        main()
    with suppress(OSError):
        full.close()
    assert ended.value.code == 74
    assert capsys.readouterr().err.startswith("duckbill: a file: the disk is full; free some space")
