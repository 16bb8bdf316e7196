"""One Delta commit a landing: the files and the source's identity become visible together or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable

from engine.events.delta_check import open_checked
from engine.events.delta_log import (
    Action,
    add,
    commit_info,
    creation,
    described_anew,
    remove,
    transaction,
    write_commit,
)
from engine.events.files import WrittenFile
from engine.events.table import CONTENTS, EventFile, contents_version, property_fields

#: The key in a commit's info under which a landing keeps its counts.
LANDING_KEY = "duckbill.landing"

# Runs refer to table versions for as long as their invoices matter, so the log is never cleaned up.
_CONFIGURATION = {
    "delta.enableExpiredLogCleanup": "false",
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
}

#: The columns of `lake/rejected_events`, see `rejected.py`.
REJECTED_SCHEMA = pa.schema(
    [
        ("batch_id", pa.string()),
        ("source", pa.string()),
        ("line", pa.int64()),
        ("verdict", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("transaction_id", pa.string()),
        ("content", pa.string()),
        ("encoding", pa.string()),
        ("landed_at", pa.timestamp("us")),
    ]
)


def event_schema(fields: Sequence[str]) -> pa.Schema:
    """The columns of `lake/events` with these struct fields; `date` is in the path only."""
    return pa.schema(
        [
            ("transaction_id", pa.string()),
            ("customer_id", pa.string()),
            ("event_type", pa.string()),
            ("timestamp", pa.timestamp("us")),
            ("properties", pa.struct([(name, pa.string()) for name in fields])),
            ("other_properties", pa.map_(pa.string(), pa.string())),
            ("ingested_at", pa.timestamp("us")),
            ("batch_id", pa.string()),
            ("date", pa.date32()),
        ]
    )


def commit_events(
    delta: DeltaTable | None,
    table: Path,
    fields: Sequence[str],
    files: Sequence[WrittenFile],
    ingested_at: str,
    transactions: Sequence[str],
    landing: Mapping[str, object],
) -> int:
    """Adds the files in one commit that also records the transactions; returns the new version.

    `delta` is the table as the landing found it, None when there is none yet; `fields` are what the `properties` of any
    file may have. `landing` goes into the commit's info. Raises WorkspaceBusyError when another writer committed first;
    nothing of this landing is visible then.
    """
    version = 0 if delta is None else delta.version() + 1
    actions = [
        *_described(delta, fields),
        *(_add_events(file, ingested_at, ingested_at) for file in files),
        *(transaction(name, version) for name in (*transactions, CONTENTS)),
    ]
    write_commit(table, version, actions, {LANDING_KEY: json.dumps(landing, sort_keys=True), CONTENTS: version})
    return version


def commit_compaction(
    delta: DeltaTable, table: Path, removed: Iterable[EventFile], added: Iterable[tuple[WrittenFile, str, str]]
) -> None:
    """Replaces files by others that hold the same events, in one commit; runs see the same version as before.

    Each file that is added comes with the first and the last arrival in it.
    """
    version, contents = delta.version() + 1, contents_version(delta)
    actions = [
        *_described(delta, ()),
        *(remove(f"date={file.date}/{file.path.name}", file.bytes, {"date": str(file.date)}) for file in removed),
        *(_add_events(file, first, last) for file, first, last in added),
        transaction(CONTENTS, contents),
    ]
    write_commit(table, version, actions, {"operation": "OPTIMIZE", CONTENTS: contents})


def commit_rejected(table: Path, files: Sequence[WrittenFile], batch_id: str) -> None:
    """Adds a landing's refused lines; they count only once the batch is in the event table as well."""
    delta = open_checked(table)
    if delta is not None and delta.transaction_version(batch_transaction(batch_id)) is not None:
        return
    version = 0 if delta is None else delta.version() + 1
    described = creation(REJECTED_SCHEMA, [], _CONFIGURATION) if delta is None else described_anew(delta)
    added = [add(file.path, file.bytes, {}, {"numRecords": file.rows}) for file in files]
    write_commit(table, version, [*described, *added, transaction(batch_transaction(batch_id), version)], {})


def source_transaction(sha256: str) -> str:
    """The application id under which the event table remembers a source."""
    return f"duckbill.source:{sha256}"


def batch_transaction(batch_id: str) -> str:
    """The application id under which a table remembers a batch."""
    return f"duckbill.batch:{batch_id}"


def landing_info(table: Path, version: int) -> Mapping[str, object]:
    """What `commit_events` recorded with a version; empty when the log no longer holds that commit."""
    recorded = commit_info(table, version).get(LANDING_KEY)
    if not isinstance(recorded, str):
        return {}
    landing: Mapping[str, object] = json.loads(recorded)
    return landing


def _described(delta: DeltaTable | None, fields: Sequence[str]) -> list[Action]:
    """What makes the table, or gives it these fields besides those it has; nothing where it has them."""
    if delta is None:
        return creation(event_schema(fields), ["date"], _CONFIGURATION)
    known = property_fields(delta)
    if set(fields) <= set(known):
        return described_anew(delta)
    return described_anew(delta, event_schema([*known, *(each for each in fields if each not in known)]))


def _add_events(file: WrittenFile, first_ingested_at: str, last_ingested_at: str) -> Action:
    stats = {
        "numRecords": file.rows,
        "minValues": {"timestamp": file.first_timestamp, "ingested_at": first_ingested_at},
        "maxValues": {"timestamp": file.last_timestamp, "ingested_at": last_ingested_at},
    }
    return add(file.path, file.bytes, {"date": str(file.date)}, stats)
