"""The schema versions of everything that is kept: what is newer is not read, what is older can be migrated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from deltalake import DeltaTable

from engine.doctor.diagnosis import Diagnosis, broken, command, counted, some_of, well, worth_a_look
from engine.doctor.patient import Patient
from engine.events.delta_log import HEAD, log_of
from engine.run_folder import MANIFEST
from engine.stored_versions import stated_in
from engine.values.schema_versions import LAKE_FILES, MANIFESTS, TABLE_KEY, TABLES, SchemaVersions, stated_version


def schema_versions(patient: Patient) -> Diagnosis:
    """Whether this duckbill reads all that is kept, and whether some of it is of an older one.

    The records of runs stay as they were written.
    """
    lake = [*_tables(patient), *_files(patient)]
    everything = [*lake, *_manifests(patient)]
    unreadable = [(name, version, reads) for name, version, reads in everything if not reads.reads(version)]
    if unreadable:
        said = some_of([f"{name} has {version}, where {reads} can be read" for name, version, reads in unreadable])
        return broken(said, "install a newer duckbill")
    old = [f"{name} ({version})" for name, version, reads in lake if version < reads.current]
    if old:
        return worth_a_look(f"of an older duckbill: {some_of(old)}", command("migrate", patient.root))
    return well(f"{counted(len(everything), 'table, file or record', 'tables, files and records')}, all known")


def _tables(patient: Patient) -> Iterator[tuple[str, int, SchemaVersions]]:
    for table in patient.tables():
        name = f"lake/{table.name}"
        stated = stated_in(log_of(table) / HEAD, name)
        configuration = DeltaTable(table).metadata().configuration
        known = stated_version(configuration.get(TABLE_KEY), name)
        yield name, max(known, stated or known), TABLES


def _files(patient: Patient) -> Iterator[tuple[str, int, SchemaVersions]]:
    for path in sorted(patient.lake.glob("*.json")):
        stated = stated_in(path, f"lake/{path.name}")
        if stated is not None:
            yield f"lake/{path.name}", stated, LAKE_FILES


def _manifests(patient: Patient) -> Iterator[tuple[str, int, SchemaVersions]]:
    runs: list[Path] = sorted((patient.root / "runs").glob(f"*/{MANIFEST}"))
    for path in runs:
        name = f"runs/{path.parent.name}"
        stated = stated_in(path, name)
        if stated is not None:
            yield name, stated, MANIFESTS
