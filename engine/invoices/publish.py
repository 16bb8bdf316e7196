"""Publishing: the output tables of a run become visible together, in one commit (DESIGN §8).

Each output is a Delta table under `lake/`, partitioned by billing period and run. The files of a new run are added
to the other tables first, where nobody looks for them yet; the commit that replaces the period's invoices is what
publishes them, because everything is read by the run id that the invoices of a period carry. What the replaced run
left in the other tables is removed afterwards, and by the next run if this one is cut short.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable

from engine.errors import CorruptFileError, UserError, did_you_mean
from engine.events.delta_check import open_checked
from engine.events.delta_log import (
    COMMIT_NAME,
    Action,
    add,
    creation,
    described_anew,
    remove,
    write_commit,
)
from engine.events.files import content_name, make_folder, move_into_place, sync_folders
from engine.executors.parquet import copy_to_parquet

#: The output whose commit publishes a run.
INVOICES = "invoices"

#: What every output is partitioned by.
PARTITION = ("billing_period", "run_id")


#: The name of a commit's file, its number on the disk, when it was written, its size.
_Commit = tuple[str, int, int, int]


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A committed file of an output; its name is the SHA-256 of its content."""

    path: Path
    billing_period: str
    run_id: str
    rows: int
    bytes: int

    @property
    def partition(self) -> dict[str, str]:
        """The values that it is partitioned by."""
        return {"billing_period": self.billing_period, "run_id": self.run_id}

    @property
    def name(self) -> str:
        """Where it is within its table."""
        return Path(*(f"{key}={value}" for key, value in self.partition.items()), self.path.name).as_posix()


#: The committed files of each output that has been looked at, with the commit that they were read at: opening a table
#: reads its whole log, and a night asks hundreds of times.
_KNOWN_FILES: dict[Path, tuple[_Commit, list[OutputFile]]] = {}


def _newest_commit(table: Path) -> _Commit | None:
    """What tells the newest commit of a Delta table from every other; None when there is none."""
    try:
        with os.scandir(table / "_delta_log") as log:
            newest = max((entry for entry in log if COMMIT_NAME.match(entry.name)), key=lambda each: each.name)
            told = newest.stat()
    except (FileNotFoundError, ValueError):
        return None
    return newest.name, told.st_ino, told.st_mtime_ns, told.st_size


class Outputs:
    """The published outputs of a workspace's runs."""

    def __init__(self, lake: Path) -> None:
        self.lake = lake

    def published_run(self, billing_period: str) -> str | None:
        """The id of the run whose invoices stand for a billing period."""
        files = self._files(INVOICES, billing_period)
        return files[0].run_id if files else None

    def published_runs(self) -> dict[str, str]:
        """The id of the run whose invoices stand, by billing period, oldest first."""
        return dict(sorted((file.billing_period, file.run_id) for file in self._files(INVOICES)))

    def billing_periods(self) -> list[str]:
        """The billing periods that have been published, oldest first."""
        return list(self.published_runs())

    def check_published(self, billing_periods: Iterable[str]) -> None:
        """Raises UserError, with the nearest that is published, for the first of these that is not."""
        known = self.billing_periods()
        for label in billing_periods:
            if label not in known:
                raise UserError(f"{label} has not been published; {did_you_mean(label, known)}")

    def periods_with(self, output: str) -> set[str]:
        """The billing periods whose published run has rows of an output; no file is opened."""
        runs = self.published_runs()
        return {
            file.billing_period
            for file in self._files(output)
            if file.rows and runs.get(file.billing_period) == file.run_id
        }

    def read(
        self, output: str, billing_period: str, run_id: str | None = None, columns: Sequence[str] | None = None
    ) -> pa.Table | None:
        """An output of the published run of a period, or None when that run, or any, is not published.

        Only these `columns`, or all. Raises CorruptFileError when a file is not what was committed.
        """
        while True:
            published = self.published_run(billing_period)
            if published is None or published != (run_id or published):
                return None
            files = [file for file in self._files(output, billing_period) if file.run_id == published]
            if files:
                return pa.concat_tables([_read_sealed(file.path, columns) for file in files])
            # Another process may have replaced the run between the two looks.
            if self.published_run(billing_period) == published:
                folder = self.lake / output
                raise CorruptFileError(f"{folder}: the files of run {published} are gone; run the period again")

    def published(self, output: str, billing_period: str, columns: Sequence[str] | None = None) -> pa.Table:
        """An output of a billing period that is known to be published; raises UserError when it no longer is."""
        table = self.read(output, billing_period, columns=columns)
        if table is None:
            raise UserError(f"{billing_period} is no longer published as it was a moment ago; try again")
        return table

    def intact(self, outputs: Iterable[str], billing_period: str) -> bool:
        """Whether every published output of a period can be read and is what was committed."""
        try:
            return all(self.read(name, billing_period) is not None for name in outputs)
        except CorruptFileError:
            return False

    def write(
        self, connection: duckdb.DuckDBPyConnection, outputs: Iterable[str], billing_period: str, run_id: str
    ) -> dict[str, Path]:
        """Writes the connection's tables of these names where only a commit can make them visible; paths by name.

        Files are named by their content: the same rows give the same bytes, whatever wrote them.
        """
        partition = Path(f"billing_period={billing_period}", f"run_id={run_id}")
        sealed: dict[str, Path] = {}
        try:
            for name in outputs:
                sealed[name] = _write_sealed(connection, name, self.lake / name / partition)
        except BaseException:
            for name, path in sealed.items():
                if all(path != file.path for file in self._files(name, billing_period)):
                    path.unlink(missing_ok=True)
            raise
        return sealed

    def commit(self, sealed: Mapping[str, Path], billing_period: str, run_id: str) -> None:
        """Makes what `write` wrote visible, the invoices last, in place of what was published for the period."""
        others = [name for name in sealed if name != INVOICES]
        for name in others:
            self._commit(name, sealed[name], billing_period, run_id)
        self._commit(INVOICES, sealed[INVOICES], billing_period, run_id)
        self.remove_unpublished(others, billing_period)

    def republish(
        self,
        connection: duckdb.DuckDBPyConnection,
        names: Iterable[str],
        billing_period: str,
        runs: tuple[str, str],
        changed: Mapping[str, pa.Table],
    ) -> dict[str, Path]:
        """Writes what the first of `runs`, the published one, has of each output as the second's, `changed` ones anew.

        To be made visible by `commit`. What has not changed shares its bytes with what stands.
        """
        before, after = runs
        if self.published_run(billing_period) != before:
            raise UserError(f"{billing_period} is no longer published as it was a moment ago; try again")
        sealed: dict[str, Path] = {}
        for name in names:
            folder = self.lake / name / f"billing_period={billing_period}" / f"run_id={after}"
            if name in changed:
                connection.register(name, changed[name])
                sealed[name] = _write_sealed(connection, name, folder)
                connection.unregister(name)
                continue
            (standing,) = (file.path for file in self._files(name, billing_period) if file.run_id == before)
            make_folder(folder)
            sealed[name] = folder / standing.name
            sealed[name].unlink(missing_ok=True)
            sealed[name].hardlink_to(standing)
            sync_folders([folder])
        return sealed

    def remove_unpublished(self, outputs: Iterable[str], billing_period: str) -> None:
        """Takes the files of replaced and of interrupted runs out of the tables; their bytes stay until vacuumed."""
        published = self.published_run(billing_period)
        for name in outputs:
            delta = self._table(name)
            standing = self._live(name, delta, billing_period)
            stale = [_removal(file) for file in standing if file.run_id != published]
            if stale and delta is not None:
                write_commit(self.lake / name, delta.version() + 1, stale, {})

    def _table(self, name: str) -> DeltaTable | None:
        return open_checked(self.lake / name)

    def _files(self, name: str, billing_period: str | None = None) -> list[OutputFile]:
        newest = _newest_commit(self.lake / name)
        if newest is None:
            return []
        known, files = _KNOWN_FILES.get(self.lake / name, (None, []))
        if known != newest:
            files = self._live(name, self._table(name))
            _KNOWN_FILES[self.lake / name] = newest, files
        return [file for file in files if billing_period is None or file.billing_period == billing_period]

    def _live(self, name: str, delta: DeltaTable | None, billing_period: str | None = None) -> list[OutputFile]:
        """The files of an output as it was opened, by path."""
        if delta is None:
            return []
        actions = delta.get_add_actions(flatten=False).to_struct_array().to_pylist()
        files = (
            OutputFile(
                self.lake / name / action["path"],
                **{key: action["partition"][key] for key in PARTITION},
                rows=action["num_records"],
                bytes=action["size_bytes"],
            )
            for action in actions
        )
        wanted = (file for file in files if billing_period in {None, file.billing_period})
        return sorted(wanted, key=lambda file: str(file.path))

    def _commit(self, name: str, sealed: Path, billing_period: str, run_id: str) -> None:
        """Adds a file to an output; to the invoices it is added in place of all others of the period.

        A file that stands there already is left alone: one commit cannot both remove and add the same path.
        """
        replaces = name == INVOICES
        table = self.lake / name
        delta = self._table(name)
        standing = self._live(name, delta, billing_period)
        live = {file.path for file in standing}
        if live == {sealed} if replaces else sealed in live:
            return
        schema = pq.read_schema(sealed)
        for key in PARTITION:
            schema = schema.append(pa.field(key, pa.string()))
        added = add(
            sealed.relative_to(table).as_posix(),
            sealed.stat().st_size,
            {"billing_period": billing_period, "run_id": run_id},
            {"numRecords": pq.read_metadata(sealed).num_rows},
        )
        replaced = [_removal(file) for file in standing if replaces and file.path != sealed]
        version = 0 if delta is None else delta.version() + 1
        write_commit(table, version, [*_described(delta, schema), *replaced, added], {})


def _described(delta: DeltaTable | None, schema: pa.Schema) -> list[Action]:
    """What makes an output, or adds the columns that it did not have yet when it was first published."""
    if delta is None:
        return creation(schema, PARTITION, {})
    known = pa.schema(delta.schema().to_arrow())
    missing = [field for field in schema if field.name not in known.names]
    return described_anew(delta, pa.schema([*known, *missing]) if missing else None)


def _removal(file: OutputFile) -> Action:
    return remove(file.name, file.bytes, file.partition)


def _write_sealed(connection: duckdb.DuckDBPyConnection, name: str, folder: Path) -> Path:
    """Writes a table as one Parquet file named by its content, on disk before anything refers to it."""
    make_folder(folder)
    staged = folder / f".staged-{name}.parquet"
    try:
        copy_to_parquet(connection, name, staged)
        sealed = folder / f"{content_name(staged)}.parquet"
        move_into_place(staged, sealed)
    except BaseException:
        staged.unlink(missing_ok=True)
        raise
    # A new name survives a power cut only once the folder that holds it is on disk too.
    sync_folders([folder])
    return sealed


def _read_sealed(path: Path, columns: Sequence[str] | None) -> pa.Table:
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise CorruptFileError(f"{path}: a published file is missing; restore it or run the period again") from error
    if hashlib.sha256(content).hexdigest() != path.stem:
        raise CorruptFileError(f"{path}: a published file has changed; restore it or run the period again")
    # Read on this thread alone: Arrow's own can still hold the buffer when Python ends, and abort the process.
    file = pq.ParquetFile(pa.BufferReader(content), pre_buffer=False)
    return file.read(columns=None if columns is None else list(columns), use_threads=False)
