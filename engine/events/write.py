"""Writing accepted and refused events as Parquet files named by their content."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path

import duckdb
import sqlglot.expressions as exp

from engine.events.database import one_number
from engine.events.files import WrittenFile, content_name, fresh_folder, move_into_place, sync_folders
from engine.events.fixed_sql import fixed_sql
from engine.events.profile import Profiles
from engine.events.property_columns import PropertyColumns
from engine.events.table import PLACEHOLDER_FIELD, PROFILE_KEY


def write_events(
    connection: duckdb.DuckDBPyConnection,
    columns: PropertyColumns,
    profiles: Profiles,
    table: Path,
    staging: Path,
    now: datetime,
    batch_id: str,
) -> list[WrittenFile]:
    """One file a day under `table`, sorted by event_type, customer_id, timestamp, transaction_id; all or none."""
    days = connection.execute(fixed_sql("days")).fetchall()
    copy = _copy_day(columns).sql("duckdb")
    placed: list[Path] = []

    def write_day(day: date, rows: int, first: datetime, last: datetime) -> WrittenFile:
        profile = {name: asdict(seen) for name, seen in sorted(profiles.get(day, {}).items())}
        unfinished = staging / f"{day}.parquet"
        parameters = {
            "day": day,
            "now": now,
            "batch_id": batch_id,
            "path": str(unfinished),
            "profile": json.dumps(profile, sort_keys=True),
        }
        # A day is too small to keep every thread busy, so several are written at once.
        connection.cursor().execute(copy, parameters)
        relative = f"date={day}/{content_name(unfinished)}.parquet"
        size = unfinished.stat().st_size
        # The batch is in the content, so that no file with this name is committed.
        placed.append(table / relative)
        move_into_place(unfinished, table / relative)
        return WrittenFile(relative, day, size, rows, first.isoformat(), last.isoformat())

    with _undone_on_failure(staging, placed):
        fresh_folder(staging)
        with ThreadPoolExecutor(one_number(connection, "SELECT current_setting('threads')")) as writers:
            written = list(writers.map(lambda found: write_day(*found), days))
        sync_folders([table, *((table / file.path).parent for file in written)] if written else [])
        staging.rmdir()
    return written


def write_rejected(
    connection: duckdb.DuckDBPyConnection,
    table: Path,
    staging: Path,
    now: datetime,
    batch_id: str,
    source: str,
) -> list[WrittenFile]:
    """The refused lines and duplicates of this landing as one file under `table`; none when there are none."""
    unfinished = staging / "rejected.parquet"
    parameters = {"now": now, "batch_id": batch_id, "source": source, "path": str(unfinished)}
    written: list[WrittenFile] = []
    # A file that is in place may be one that was committed by an attempt before; it stays.
    with _undone_on_failure(staging, ()):
        fresh_folder(staging)
        rows = one_number(connection, fixed_sql("write_rejected"), parameters)
        if rows:
            relative = f"{content_name(unfinished)}.parquet"
            size = unfinished.stat().st_size
            move_into_place(unfinished, table / relative)
            sync_folders([table])
            written.append(WrittenFile(relative, None, size, rows, now.isoformat(), now.isoformat()))
        else:
            unfinished.unlink()
        staging.rmdir()
    return written


@contextmanager
def _undone_on_failure(staging: Path, placed: Iterable[Path]) -> Iterator[None]:
    """Takes away what the block has written when it fails: its folder of unfinished files, and those in place."""
    try:
        yield
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        for path in placed:
            with suppress(OSError):
                path.unlink(missing_ok=True)
                path.parent.rmdir()
        raise


def struct_fields(columns: PropertyColumns) -> Sequence[str]:
    """The fields of `properties` as written: never none, because a struct needs one."""
    return columns.fields or (PLACEHOLDER_FIELD,)


def _copy_day(columns: PropertyColumns) -> exp.Copy:
    staged = set(columns.staged)
    nothing = exp.cast(exp.null(), "VARCHAR")
    members: list[exp.Expression] = [
        exp.PropertyEQ(
            this=exp.to_identifier(name, quoted=True),
            expression=exp.column(columns.column(name)) if name in staged else nothing.copy(),
        )
        for name in struct_fields(columns)
    ]
    kept = ("transaction_id", "customer_id", "event_type", "timestamp", "other_properties")
    ordered = (
        exp.select(*kept, *(columns.column(name) for name in columns.staged))
        .from_("landing.staged")
        .where("timestamp >= CAST($day AS DATE) AND timestamp < CAST($day AS DATE) + 1", dialect="duckdb")
        .order_by("event_type", "customer_id", "timestamp", "transaction_id")
    )
    # What every row shares is added after the sort, which would carry it along; the order is kept.
    events = exp.select(
        "transaction_id",
        "customer_id",
        "event_type",
        "timestamp",
        exp.Struct(expressions=members).as_("properties"),
        "other_properties",
        "CAST($now AS TIMESTAMP) AS ingested_at",
        "CAST($batch_id AS VARCHAR) AS batch_id",
        dialect="duckdb",
    ).from_(ordered.subquery("ordered"))
    footer = exp.Struct(
        expressions=[
            exp.PropertyEQ(
                this=exp.to_identifier(PROFILE_KEY.decode(), quoted=True),
                expression=exp.Placeholder(this="profile"),
            )
        ]
    )
    # Level 1 costs half a percent in size and a fifth less time than the default. Version 2 stores text that does
    # not repeat by its lengths instead of among them: smaller, a tenth faster to write, twice as fast to read.
    options = {
        "FORMAT": exp.var("parquet"),
        "COMPRESSION": exp.var("zstd"),
        "COMPRESSION_LEVEL": exp.Literal.number(1),
        "PARQUET_VERSION": exp.var("v2"),
        "KV_METADATA": footer,
    }
    return exp.Copy(
        this=events.subquery(),
        kind=False,
        files=[exp.Placeholder(this="path")],
        params=[exp.CopyParameter(this=exp.var(name), expression=value) for name, value in options.items()],
    )
