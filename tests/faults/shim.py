"""The calls that change files, counted, recorded and made to fail: the Python side of `shim.c`.

The library is built once a process and given to the child processes of `forked.py` by LD_PRELOAD; there it is armed for
one folder. Beside what Python itself does, it sees what DuckDB (COPY, spilling), PyArrow (write_table) and the Rust of
deltalake (commits and checkpoints) do, because all of them go through the C library: compared with what strace sees of
a landing, a run and a finalization on Linux with glibc. Not seen: files that are mapped into memory and written there,
and calls that pass by the C library (Go programs, io_uring); strace has shown none of either.
"""

from __future__ import annotations

import ctypes
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")


class Operation(IntEnum):
    """What a call does; the numbers are those of `enum operation`."""

    OPEN = 0
    CREATE = 1
    WRITE = 2
    TRUNCATE = 3
    FSYNC = 4
    RENAME = 5
    LINK = 6
    UNLINK = 7
    MKDIR = 8
    RMDIR = 9
    MARK = 10


class Fault(IntEnum):
    """What becomes of the chosen call; the numbers are those of `enum fault`.

    SHORT_WRITE writes half and says so, as the C library may; of a call that writes nothing, it changes nothing.
    DISK_FULL is NO_SPACE from the chosen call on, for all that need space: removing files still works.
    """

    NONE = 0
    NO_SPACE = 1
    IO_ERROR = 2
    NO_PERMISSION = 3
    SHORT_WRITE = 4
    DISK_FULL = 5
    KILL = 6


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was seen. `error` is the errno it failed with, 0 when it did not; `fired` when the shim made it fail.

    `inode` tells files and folders apart, whatever they are called. `offset` is where a write went, the length of a
    truncation, and 1 for an opening that empties the file. `data` is empty when it was not asked for.
    """

    operation: Operation
    error: int
    fired: bool
    path: str
    other: str
    inode: int
    offset: int
    data: bytes


@cache
def shim_library() -> Path:
    """The compiled library, in a folder of its own that stays until the process ends."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise RuntimeError("the fault tests need a C compiler called cc, gcc or clang; none is on the PATH")
    folder = tempfile.TemporaryDirectory(prefix="duckbill-shim-")
    _kept_folders.append(folder)
    library = Path(folder.name) / "shim.so"
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(SOURCE), "-ldl", "-lpthread"]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if built.returncode:
        raise RuntimeError(f"{SOURCE.name} cannot be compiled: {built.stderr}")
    return library


_kept_folders: list[tempfile.TemporaryDirectory[str]] = []


def arm(root: Path, *, call: int = 0, fault: Fault = Fault.NONE, log: Path | None = None, data: bool = False) -> None:
    """Begins to count calls under `root`, which is absolute and without links; call number `call` meets the fault.

    With `log`, a file outside of `root`, every call is recorded there, with what it wrote if `data`. Only in a process
    that was started with the library.
    """
    _library().faults_arm(str(root).encode(), call, int(fault), str(log or "").encode(), int(data))


def disarm() -> None:
    """Ends counting and recording."""
    _library().faults_disarm()


def mark(text: str) -> None:
    """Puts a remark into the record, such as what has been promised by now."""
    _library().faults_mark(text.encode())


def recorded(log: Path) -> list[Call]:
    """The calls in a record, marks among them; one that a kill has cut short is left out."""
    return list(_recorded(log.read_bytes())) if log.exists() else []


def _recorded(content: bytes) -> Iterator[Call]:
    head = struct.Struct("=IiIIIIQq")
    at = 0
    while at + head.size <= len(content):
        operation, error, fired, path, other, data, inode, offset = head.unpack_from(content, at)
        at += head.size
        sizes = (path, other, data)
        if at + sum(sizes) > len(content):
            return
        parts = []
        for size in sizes:
            parts.append(content[at : at + size])
            at += size
        yield Call(
            Operation(operation), error, bool(fired), parts[0].decode(), parts[1].decode(), inode, offset, parts[2]
        )


@cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(None)
    if not hasattr(library, "faults_arm"):
        raise RuntimeError("this process was started without the fault library")
    library.faults_arm.argtypes = [ctypes.c_char_p, ctypes.c_long, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
    library.faults_mark.argtypes = [ctypes.c_char_p]
    return library
