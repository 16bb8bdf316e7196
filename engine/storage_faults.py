"""What a file system may refuse, told as that: where, what happened, and what to do about it.

DuckDB, Arrow, Delta and Polars each raise errors of their own kind around the one of the operating system. Only those
that name a cause outside of duckbill are translated; a file that is missing where one was expected stays what it is.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.errors import DuckbillError, StorageError


@dataclass(frozen=True, slots=True)
class _Cause:
    what: str
    remedy: str


_FULL = _Cause("the disk is full", "free some space")
_FORBIDDEN = _Cause("no permission", "give this user access to it")
_TOO_MANY = _Cause("too many files are open", "raise the limit of open files")

#: What is outside of duckbill's hands, by the operating system's number for it.
_CAUSES = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _Cause("the disk quota is used up", "free some space or have the quota raised"),
    errno.EFBIG: _Cause("the file is larger than is allowed here", "raise the limit of file sizes"),
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EROFS: _Cause("the file system is read-only", "mount it so that it can be written"),
    errno.EIO: _Cause("input/output error", "look at the disk and at the system's log"),
    errno.EMFILE: _TOO_MANY,
    errno.ENFILE: _TOO_MANY,
}

#: The libraries whose errors carry that of the operating system in their text.
_LIBRARIES = frozenset({"duckdb", "_duckdb", "pyarrow", "polars", "deltalake", "_internal"})

#: A path in the text of an error: between quotes, or else up to a colon.
_ABSOLUTE_PATH = re.compile(r"""["'](?P<quoted>/[^"'\\\n]+)\\?["']|(?<![\w.])(?P<bare>/[^"'\\\n:]+)""")


def storage_fault(error: BaseException, folder: Path | None = None) -> StorageError | None:
    """What is to be told of an error when the file system is its cause; None when it is not.

    `folder` is named when the error does not say which file it was.
    """
    if isinstance(error, DuckbillError):
        return None
    if isinstance(error, OSError) and error.errno is not None:
        return _told(error.errno, error.filename2 or error.filename, str(error), folder)
    if isinstance(error, OSError) or type(error).__module__.partition(".")[0] in _LIBRARIES:
        text = str(error)
        found = next((number for number in _CAUSES if os.strerror(number) in text), None)
        return None if found is None else _told(found, None, text, folder)
    return None


@contextmanager
def storage_faults_told(folder: Path) -> Iterator[None]:
    """Raises StorageError for what the file system refuses inside the block; all else goes by as it is."""
    try:
        yield
    except Exception as error:
        told = storage_fault(error, folder)
        if told is None:
            raise
        raise told from error


def _told(number: int, name: object, text: str, folder: Path | None) -> StorageError | None:
    cause = _CAUSES.get(number)
    if cause is None:
        return None
    if isinstance(name, bytes | str | os.PathLike):
        place = os.fsdecode(name)
    else:
        within = _ABSOLUTE_PATH.search(text)
        place = (within["quoted"] or within["bare"].strip()) if within else str(folder or "a file")
    return StorageError(
        f"{place}: {cause.what}; {cause.remedy}, then give the same command again: it does nothing twice"
    )
