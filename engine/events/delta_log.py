"""Writing commits of Delta tables, so that each is on disk before anybody can see it, and carries its own hash.

A commit is written aside, synced, and given its name by link(), which fails when another writer has taken the version.
Its last line, the commit's info, ends in the seal of the whole file and holds the hash of the commit before. What a
chain of hashes cannot tell, that its newest link is gone, `_head.json` tells: it names the newest commit, from which
one on they are sealed, and the hashes of the checkpoints. It is written after each commit, so that a crash in between
leaves a head that is one commit behind, which is no damage and mended by the next commit (spec/reliability.md §5.2).
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import pyarrow as pa
from deltalake import DeltaTable
from deltalake import Schema as DeltaSchema
from deltalake.exceptions import DeltaError

from engine.errors import WorkspaceBusyError
from engine.events.files import fresh_folder, make_folder, sha256_of, sync_file, sync_folders, write_synced
from engine.values.schema_versions import TABLE_KEY, TABLES, stated_version
from engine.values.seal import BrokenSealError, is_sealed, read_sealed, seal_last, sealed_text

#: How many commits whoever opens a table has to read one by one at the most.
COMMITS_BETWEEN_CHECKPOINTS = 20

HEAD = "_head.json"
#: Where other writers, and duckbill before its logs were sealed, name the newest checkpoint.
LAST_CHECKPOINT = "_last_checkpoint"
#: What a crash leaves of a file that was being written into a log; nobody reads it.
UNFINISHED = ".unfinished-"
COMMIT_NAME = re.compile(r"(?P<version>[0-9]{20})\.json\Z")
CHECKPOINT_NAME = re.compile(r"(?P<version>[0-9]{20})\.checkpoint.*\.parquet\Z")

_VERSION, _PREVIOUS = "duckbill.version", "duckbill.previous"

#: Times without a zone are a feature of Delta tables, and what every one of ours has.
_PROTOCOL = {
    "minReaderVersion": 3,
    "minWriterVersion": 7,
    "readerFeatures": ["timestampNtz"],
    "writerFeatures": ["timestampNtz"],
}

Action = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Head:
    """The newest commit of a log and its SHA-256, the first sealed one, and the SHA-256 of what is read beside them.

    `table` is the folder's name. Before the first commit the version is -1: a log without a head is damaged, or older.
    """

    table: str
    version: int
    sha256: str
    sealed_from: int
    checkpoints: Mapping[str, str] = field(default_factory=dict)
    schema_version: int = TABLES.current


def log_of(table: Path) -> Path:
    """Where a table keeps its commits."""
    return table / "_delta_log"


def commit_path(table: Path, version: int) -> Path:
    """The file of a commit."""
    return log_of(table) / f"{version:020d}.json"


def read_head(table: Path) -> Head | None:
    """The head of a table's log, None when there is none; raises ValueError when it is not what was written there."""
    try:
        text = (log_of(table) / HEAD).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    content = read_sealed(text)
    if content.get("table") != table.name:
        raise BrokenSealError("the text is something else than the head of this table")
    # A newer duckbill may say more in it.
    return Head(**{each.name: content[each.name] for each in fields(Head) if each.name in content})


def commit_info(table: Path, version: int) -> Mapping[str, object]:
    """The info of a commit; empty when there is no such commit."""
    try:
        lines = commit_path(table, version).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    infos: Iterable[Mapping[str, object]] = (json.loads(line).get("commitInfo", {}) for line in lines)
    return {key: value for info in infos for key, value in info.items()}


def links(info: Mapping[str, Any]) -> tuple[int | None, str | None]:
    """The version that a sealed commit was written as, and the hash of the commit before it."""
    return info.get(_VERSION), info.get(_PREVIOUS)


def creation(schema: pa.Schema, partition_by: Sequence[str], configuration: Mapping[str, str]) -> list[Action]:
    """The actions that make a table."""
    described = {
        "id": str(uuid4()),
        "format": {"provider": "parquet", "options": {}},
        "partitionColumns": list(partition_by),
    }
    return [{"protocol": _PROTOCOL}, _metadata(described, _schema_text(schema), configuration)]


def described_anew(delta: DeltaTable, schema: pa.Schema | None = None) -> list[Action]:
    """The action that gives a table these columns, or leaves it its own, and the present schema version.

    None at all where both are as they should be.
    """
    if schema is None and schema_version(delta) >= TABLES.current:
        return []
    known = delta.metadata()
    described = {
        "id": str(known.id),
        "format": {"provider": "parquet", "options": {}},
        "partitionColumns": known.partition_columns,
    }
    text = delta.schema().to_json() if schema is None else _schema_text(schema)
    return [_metadata(described, text, known.configuration)]


def schema_version(delta: DeltaTable) -> int:
    """The version of duckbill's own conventions that a table follows; raises UserError when it is no number."""
    table = Path(unquote(urlsplit(delta.table_uri).path))
    return stated_version(delta.metadata().configuration.get(TABLE_KEY), f"{table.parent.name}/{table.name}")


def add(path: str, size: int, partition: Mapping[str, str], stats: Mapping[str, object]) -> Action:
    """The action that adds a file; `path` is relative to the table.

    The time it was written is read by nobody; zero keeps the log free of clock readings.
    """
    content = {
        "path": path,
        "partitionValues": partition,
        "size": size,
        "modificationTime": 0,
        "dataChange": True,
        "stats": json.dumps(stats),
    }
    return {"add": content}


def remove(path: str, size: int, partition: Mapping[str, str]) -> Action:
    """The action that takes a file out of a table; its bytes stay until they are vacuumed."""
    content = {
        "path": path,
        "deletionTimestamp": 0,
        "dataChange": True,
        "extendedFileMetadata": True,
        "partitionValues": partition,
        "size": size,
    }
    return {"remove": content}


def transaction(name: str, version: int) -> Action:
    """The action that records a version under a name."""
    return {"txn": {"appId": name, "version": version}}


def write_commit(table: Path, version: int, actions: Sequence[Action], info: Mapping[str, object]) -> None:
    """Writes a commit of a table, durable and visible as a whole; version 0 makes the table.

    The caller holds the workspace's lock and has opened the table, checked, at the version before. Raises
    WorkspaceBusyError when the version is taken: then another program has written, and nothing is changed.
    """
    log = log_of(table)
    make_folder(log)
    head = _mended_head(table, version)
    if version == 0:
        _write_head(table, head)
    before = None if version == 0 else sha256_of(commit_path(table, version - 1))
    content = {"operation": "WRITE", "engineInfo": "duckbill", **info, _VERSION: version, _PREVIOUS: before, "seal": ""}
    lines = [json.dumps(action) for action in (*actions, {"commitInfo": content})]
    text = seal_last("\n".join(lines) + "\n")
    unfinished = _write_aside(log, f"{version:020d}.json", text)
    try:
        commit_path(table, version).hardlink_to(unfinished)
    except FileExistsError as error:
        raise WorkspaceBusyError(f"{table}: another program wrote to it; nothing was changed, try again") from error
    finally:
        with suppress(OSError):
            unfinished.unlink()
    # A new name survives a power cut only once the folders that hold it are on disk too.
    sync_folders([log, table, table.parent])
    _follow(table, replace(head, version=version, sha256=sha256(text.encode()).hexdigest()))


def _mended_head(table: Path, version: int) -> Head:
    """The head that a commit of this version follows; what a crash has left of earlier commits is finished or removed.

    Of a table that had no seals, the head begins here, and its checkpoints are taken as they are.
    """
    log = log_of(table)
    head = read_head(table)
    for path in sorted(log.glob(f"{UNFINISHED}*")):
        target = path.with_name(path.name.removeprefix(UNFINISHED))
        if head is not None and not target.exists() and head.checkpoints.get(target.name) == sha256_of(path):
            path.replace(target)
        else:
            path.unlink()
    if head is not None:
        there = {name: known for name, known in head.checkpoints.items() if (log / name).exists()}
        return replace(head, checkpoints=there)
    sealed_from = version
    while sealed_from and is_sealed(commit_path(table, sealed_from - 1).read_text(encoding="utf-8")):
        sealed_from -= 1
    caches = [path for path in log.iterdir() if CHECKPOINT_NAME.match(path.name) or path.name == LAST_CHECKPOINT]
    return Head(table.name, version - 1, "", sealed_from, {path.name: sha256_of(path) for path in sorted(caches)})


def _follow(table: Path, head: Head) -> None:
    """Writes the head of a commit that has just been made, and now and then a checkpoint.

    The commit stands, whether this can be written or not: the next one writes it in its stead.
    """
    with suppress(OSError, DeltaError):
        _write_head(table, head)
        if head.version and head.version % COMMITS_BETWEEN_CHECKPOINTS == 0:
            _write_checkpoint(table, head)


def _write_head(table: Path, head: Head) -> None:
    log = log_of(table)
    unfinished = _write_aside(log, HEAD, sealed_text(asdict(head)))
    unfinished.replace(log / HEAD)
    sync_folders([log])


def _write_checkpoint(table: Path, head: Head) -> None:
    """Makes a checkpoint, which is in the head before it has the name under which it is read."""
    log = log_of(table)
    aside = fresh_folder(table / f"{UNFINISHED}checkpoint")
    try:
        scratch = log_of(aside)
        scratch.mkdir()
        for path in read_for(log, head.version):
            (scratch / path.name).hardlink_to(path)
        DeltaTable(aside).create_checkpoint()
        (made,) = (path for path in scratch.glob("*.parquet") if path.name not in head.checkpoints)
        sync_file(made)
        unfinished = made.rename(log / f"{UNFINISHED}{made.name}")
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    sync_folders([log])
    _write_head(table, replace(head, checkpoints={**head.checkpoints, made.name: sha256_of(unfinished)}))
    unfinished.replace(log / made.name)
    sync_folders([log])


def read_for(log: Path, version: int) -> list[Path]:
    """What opening a table at a version reads: the newest checkpoint before it, and the commits since."""
    names = sorted(path.name for path in log.iterdir())
    since, kept = -1, []
    for name in names:
        found = CHECKPOINT_NAME.match(name)
        if found is not None and int(found["version"]) <= version:
            since, kept = int(found["version"]), [name]
    commits = (found for found in map(COMMIT_NAME.match, names) if found is not None)
    kept.extend(found.string for found in commits if since < int(found["version"]) <= version)
    return [log / name for name in kept]


def _write_aside(log: Path, name: str, text: str) -> Path:
    """A synced file of this text beside its final name."""
    path = log / f"{UNFINISHED}{name}"
    write_synced(path, text.encode())
    return path


def _metadata(described: Mapping[str, object], schema: str, configuration: Mapping[str, str]) -> Action:
    known = {**configuration, TABLE_KEY: str(TABLES.current)}
    return {"metaData": {**described, "schemaString": schema, "configuration": known}}


def _schema_text(schema: pa.Schema) -> str:
    text: str = DeltaSchema.from_arrow(schema).to_json()
    return text
