"""One Delta commit a landing: the files and the source's identity become visible together or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import AddAction

from engine.errors import WorkspaceBusyError
from engine.events.files import WrittenFile, sync_file, sync_folders
from engine.events.table import open_delta, property_fields

#: The key in a commit's info under which a landing keeps its counts.
LANDING_KEY = "duckbill.landing"

# Runs refer to table versions for as long as their invoices matter, so the log is never cleaned up.
_CONFIGURATION = {
    "delta.enableExpiredLogCleanup": "false",
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
}
_KEEP_LOG = PostCommitHookProperties(create_checkpoint=True, cleanup_expired_logs=False)

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


def widen_schema(table: Path, opened: DeltaTable | None, fields: Sequence[str]) -> DeltaTable:
    """The event table with at least these struct fields: created or widened in a commit of its own if need be.

    `opened` is the table as the landing found it, so that whatever another writer commits meanwhile is noticed.
    """
    delta = opened or _created(table, event_schema(fields), partition_by=["date"])
    if not set(fields) <= set(property_fields(delta)):
        try:
            write_deltalake(
                delta,
                event_schema(fields).empty_table(),
                mode="append",
                schema_mode="merge",
                commit_properties=CommitProperties(max_commit_retries=0),
                post_commithook_properties=_KEEP_LOG,
            )
        except CommitFailedError as error:
            raise _busy(table) from error
        _sync_log(table)
        delta.update_incremental()
    return delta


def commit_events(
    delta: DeltaTable,
    table: Path,
    files: Sequence[WrittenFile],
    ingested_at: str,
    transactions: Sequence[str],
    landing: Mapping[str, object],
) -> int:
    """Adds the files in one commit that also records the transactions; returns the new version.

    `landing` goes into the commit's info. Raises WorkspaceBusyError when another writer committed first; nothing
    of this landing is visible then.
    """
    version = delta.version() + 1
    _commit(delta, table, [_add_events(file, ingested_at) for file in files], ["date"], transactions, version, landing)
    return version


def commit_rejected(table: Path, files: Sequence[WrittenFile], batch_id: str) -> None:
    """Adds a landing's refused lines; they count only once the batch is in the event table as well."""
    delta = open_delta(table) or _created(table, REJECTED_SCHEMA, partition_by=[])
    if delta.transaction_version(batch_transaction(batch_id)) is not None:
        return
    actions = [_add(file, {}, {"numRecords": file.rows}) for file in files]
    _commit(delta, table, actions, [], [batch_transaction(batch_id)], delta.version() + 1, {})


def source_transaction(sha256: str) -> str:
    """The application id under which the event table remembers a source."""
    return f"duckbill.source:{sha256}"


def batch_transaction(batch_id: str) -> str:
    """The application id under which a table remembers a batch."""
    return f"duckbill.batch:{batch_id}"


def landing_info(table: Path, version: int) -> Mapping[str, object]:
    """What `commit_events` recorded with a version; empty when the log no longer holds that commit."""
    try:
        lines = (table / "_delta_log" / f"{version:020d}.json").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    for line in lines:
        info = json.loads(line).get("commitInfo", {})
        if LANDING_KEY in info:
            recorded: Mapping[str, object] = json.loads(info[LANDING_KEY])
            return recorded
    return {}


def _created(table: Path, schema: pa.Schema, partition_by: list[str]) -> DeltaTable:
    table.mkdir(parents=True, exist_ok=True)
    delta = DeltaTable.create(table, schema, partition_by=partition_by, configuration=_CONFIGURATION)
    _sync_log(table)
    return delta


def _commit(
    delta: DeltaTable,
    table: Path,
    actions: Sequence[AddAction],
    partition_by: list[str],
    transactions: Sequence[str],
    version: int,
    landing: Mapping[str, object],
) -> None:
    properties = CommitProperties(
        custom_metadata={LANDING_KEY: json.dumps(landing, sort_keys=True)},
        app_transactions=[Transaction(name, version) for name in transactions],
        max_commit_retries=0,
    )
    try:
        delta.create_write_transaction(
            list(actions),
            "append",
            delta.schema(),
            partition_by,
            commit_properties=properties,
            post_commithook_properties=_KEEP_LOG,
        )
    except CommitFailedError as error:
        raise _busy(table) from error
    _sync_log(table)


def _add_events(file: WrittenFile, ingested_at: str) -> AddAction:
    stats = {
        "numRecords": file.rows,
        "minValues": {"timestamp": file.first_timestamp, "ingested_at": ingested_at},
        "maxValues": {"timestamp": file.last_timestamp, "ingested_at": ingested_at},
    }
    return _add(file, {"date": str(file.date)}, stats)


def _add(file: WrittenFile, partition: dict[str, str | None], stats: Mapping[str, object]) -> AddAction:
    # The modification time is not read by anything here; zero keeps the log free of clock readings.
    return AddAction(file.path, file.bytes, partition, 0, True, json.dumps(stats))


def _busy(table: Path) -> WorkspaceBusyError:
    return WorkspaceBusyError(f"{table}: another process committed at the same time; nothing was landed, try again")


def _sync_log(table: Path) -> None:
    log = table / "_delta_log"
    sync_file(max(log.glob("*.json")))
    sync_folders([log, table, table.parent])
