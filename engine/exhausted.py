"""Memory that is used up, and the disk that memory spills to, told with the setting that sets the limit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from engine.config import CONFIG_FILE, EngineSection
from engine.errors import StorageError, UserError
from engine.values.memory import bytes_of

#: Enough for any catalog on any number of threads, and for any number of events, which spill.
WORKABLE = "512MiB"

#: How DuckDB begins to say that what does not fit in memory does not fit on the disk either.
_NO_ROOM_TO_SPILL = "failed to offload data block"

_MIB = 1024**2


@contextmanager
def limits_told(engine: EngineSection, folder: Path) -> Iterator[None]:
    """Tells of a limit of `[engine]` that was not enough inside the block, in one line that says what would be.

    `folder` is where data is spilled. Raises StorageError when the disk is full, else UserError; all else goes by.
    """
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        if _NO_ROOM_TO_SPILL in str(error):
            raise _no_room(engine, folder) from error
        raise UserError(_too_little(engine.memory_limit)) from error
    except MemoryError as error:
        raise UserError(
            f"the system has no more memory for this process; give it more, or set memory_limit in [engine] of "
            f"{CONFIG_FILE}, which is {engine.memory_limit}, to less"
        ) from error


def _no_room(engine: EngineSection, folder: Path) -> UserError:
    beyond = f"what does not fit in memory_limit = {engine.memory_limit}"
    if engine.spill_limit is not None:
        return UserError(
            f"spill_limit = {engine.spill_limit} is too little for {beyond}; "
            f"raise one of them in [engine] of {CONFIG_FILE}"
        )
    return StorageError(
        f"{folder}: the disk is full: it has no room for {beyond}; free some space, or raise memory_limit in "
        f"[engine] of {CONFIG_FILE}, then give the same command again: it does nothing twice"
    )


def _too_little(memory_limit: str) -> str:
    enough = max(bytes_of(WORKABLE), 2 * bytes_of(memory_limit))
    return (
        f"memory_limit = {memory_limit} is too little, even on one thread; "
        f'set memory_limit = "{enough // _MIB}MiB" or more in [engine] of {CONFIG_FILE}'
    )
