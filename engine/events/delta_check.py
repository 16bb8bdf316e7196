"""Whether the log of a Delta table is what was written, and opening tables only when it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from engine.errors import CorruptFileError, UserError
from engine.events.delta_log import (
    CHECKPOINT_NAME,
    COMMIT_NAME,
    HEAD,
    LAST_CHECKPOINT,
    UNFINISHED,
    Head,
    commit_path,
    links,
    log_of,
    read_for,
    read_head,
    schema_version,
)
from engine.events.files import sha256_of
from engine.values.schema_versions import TABLES
from engine.values.seal import is_sealed

#: The names of what is wrong with a file: it is not there, not as it was written, or not ours.
Damage = Literal["missing", "changed", "foreign"]

#: How many commits in a row can be missed where no head says which is the newest.
_MOST_MISSING = 100


@dataclass(frozen=True, slots=True, order=True)
class DamagedFile:
    """A file of a log that is not what was written."""

    path: Path
    damage: Damage


def check_log(table: Path) -> list[DamagedFile]:
    """Every file of a table's log that is missing, changed or foreign, by path; reads all of them.

    Commits from before logs were sealed can only be missed, not checked.
    """
    return _settled(table, lambda head: _whole_log(table, head))


def open_checked(table: Path, version: int | None = None) -> DeltaTable | None:
    """The table in a folder at a version, by default the newest; None when there is none.

    What opening it reads is checked first, and only that. Raises CorruptFileError that names a damaged file, and
    UserError for a version that does not exist or a table that a newer duckbill has written.
    """
    log = log_of(table)
    if not log.is_dir() or not _versions(log):
        return None
    damaged = _settled(table, lambda head: _read_log(table, head, version))
    if damaged:
        raise CorruptFileError("\n".join(map(damage_told, damaged)))
    newest = max(_versions(log)) if version is None else version
    try:
        delta = DeltaTable(table, version=newest)
    except TableNotFoundError:
        return None
    except DeltaError as error:
        raise UserError(f"{table}: version {newest} cannot be opened: {error}") from error
    TABLES.check(schema_version(delta), f"{table.parent.name}/{table.name}")
    return delta


def live_files(table: Path, delta: DeltaTable) -> list[Path]:
    """The files that a table consists of as it was opened, ordered; no file is looked at."""
    names: list[str] = pa.table(delta.get_add_actions(flatten=False)).column("path").to_pylist()
    return sorted(table / unquote(name) for name in names)


def damage_told(damaged: DamagedFile) -> str:
    """What is wrong with a file, and what can be done."""
    meanings = {
        "missing": "is missing; restore it from a backup",
        "changed": "is not as it was written; restore it from a backup",
        "foreign": "was not written by duckbill; take it away",
    }
    return f"{damaged.path}: {meanings[damaged.damage]}"


def _settled(table: Path, look: Callable[[Head | None], Iterable[DamagedFile]]) -> list[DamagedFile]:
    """What is found while nobody writes: a commit meanwhile would look like a file that the head does not know."""
    while True:
        try:
            head, broken = read_head(table), []
        except ValueError:
            head, broken = None, [DamagedFile(log_of(table) / HEAD, "changed")]
        # A head that cannot be read is not missing besides.
        found = sorted({*broken, *(each for each in look(head) if not broken or each.path.name != HEAD)})
        if not found or _head_now(table) == (head, bool(broken)):
            return found


def _head_now(table: Path) -> tuple[Head | None, bool]:
    try:
        return read_head(table), False
    except ValueError:
        return None, True


def _whole_log(table: Path, head: Head | None) -> Iterator[DamagedFile]:
    log = log_of(table)
    if not log.is_dir():
        return
    paths = sorted(log.iterdir())
    versions = _versions(log)
    newest = _newest(versions, head)
    yield from (DamagedFile(commit_path(table, each), "foreign") for each in versions if each > newest)
    yield from _commits(table, head, range(newest + 1))
    yield from _checkpoints(log, head, [path for path in paths if _is_cache(path)])
    if head is None:
        if any(is_sealed(_text(commit_path(table, each))) for each in versions):
            yield DamagedFile(log / HEAD, "missing")
    else:
        yield from (DamagedFile(log / name, "missing") for name in head.checkpoints if not _is_there(log, name))
    for path in paths:
        ours = COMMIT_NAME.match(path.name) or _is_cache(path) or path.name == HEAD or path.name.startswith(UNFINISHED)
        if not ours:
            yield DamagedFile(path, "foreign")


def _read_log(table: Path, head: Head | None, version: int | None) -> Iterator[DamagedFile]:
    """The same of what opening the table at a version reads."""
    log = log_of(table)
    versions = _versions(log)
    newest = _newest(versions, head)
    yield from (DamagedFile(commit_path(table, each), "foreign") for each in versions if each > newest)
    read = read_for(log, newest if version is None else version)
    numbers = [int(found["version"]) for path in read if (found := COMMIT_NAME.match(path.name))]
    if version is None and newest not in numbers and not any(path.name.startswith(f"{newest:020d}.") for path in read):
        numbers.append(newest)
    yield from _commits(table, head, numbers)
    yield from _checkpoints(log, head, [*(path for path in read if _is_cache(path)), log / LAST_CHECKPOINT])


def _commits(table: Path, head: Head | None, versions: Sequence[int]) -> Iterator[DamagedFile]:
    """Which of these ascending commits are not as they were written: down from the head, each names the one before."""
    if head is None:
        # Without a head nothing says which commits must be sealed; those that are, are checked.
        sealed = (each for each in versions if is_sealed(_text(commit_path(table, each))))
        sealed_from = next(sealed, versions[-1] + 1 if versions else 0)
    else:
        sealed_from = head.sealed_from
    expected: object = None
    for version in reversed(versions):
        path = commit_path(table, version)
        if head is not None and version == head.version:
            if expected not in {None, head.sha256}:
                yield DamagedFile(commit_path(table, version + 1), "foreign")
            expected = head.sha256
        number: int | None = version
        previous: str | None = None
        if not path.is_file():
            yield DamagedFile(path, "missing")
        else:
            if version >= sealed_from:
                number, previous = _links(_text(path))
            if number != version or expected not in {None, sha256_of(path)}:
                yield DamagedFile(path, "foreign" if head is not None and version > head.version else "changed")
                previous = None
        expected = previous


def _links(text: str) -> tuple[int | None, str | None]:
    """What a sealed commit says of itself, its version and the hash of the commit before; of another text nothing."""
    info = json.loads(text.splitlines()[-1]).get("commitInfo", {}) if is_sealed(text) else {}
    return links(info)


def _checkpoints(log: Path, head: Head | None, paths: Iterable[Path]) -> Iterator[DamagedFile]:
    if head is None:
        return
    for path in (each for each in paths if each.is_file()):
        known = head.checkpoints.get(path.name)
        if known is None:
            yield DamagedFile(path, "foreign")
        elif known != sha256_of(path):
            yield DamagedFile(path, "changed")


def _is_there(log: Path, name: str) -> bool:
    """Whether a checkpoint is there, be it under the name that it has until the head is written."""
    return (log / name).exists() or (log / f"{UNFINISHED}{name}").exists()


def _is_cache(path: Path) -> bool:
    return CHECKPOINT_NAME.match(path.name) is not None or path.name == LAST_CHECKPOINT


def _versions(log: Path) -> list[int]:
    return sorted(int(found["version"]) for path in log.iterdir() if (found := COMMIT_NAME.match(path.name)))


def _newest(versions: Sequence[int], head: Head | None) -> int:
    """The newest commit that can be one: others that follow the head are added one after another."""
    newest = -1 if head is None else head.version
    for version in versions:
        if newest < version <= newest + (_MOST_MISSING if head is None else 1):
            newest = version
    return newest


def _text(path: Path) -> str:
    """What a file says; what is no text, or not there, is said by nothing that was sealed."""
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return ""
