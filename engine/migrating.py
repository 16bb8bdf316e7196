"""Workspaces of other versions of duckbill: newer ones are refused, older ones brought to the present shape.

A workspace of an older version needs no migration to be used: it is read as it is, and whatever is written to is
brought to the present shape by the writing. `migrate` does it to everything at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable

from engine.events.commit import commit_compaction
from engine.events.delta_check import open_checked
from engine.events.delta_log import described_anew, schema_version, write_commit
from engine.events.sealed_files import SealedEntries
from engine.opened import Opened
from engine.result import Rows
from engine.stored_versions import check_versions, lake_files, tables_of
from engine.values.schema_versions import LAKE_FILES, TABLES
from engine.version import SCHEMA_VERSION

_COLUMNS = pa.schema([("name", pa.string()), ("before", pa.int64()), ("after", pa.int64())])


@dataclass(frozen=True)
class Migration:
    """What was brought to the present shape.

    Columns of `migrated`: name, such as `lake/events`, and the schema version before and after. Grain: name.
    """

    migrated: Rows

    @property
    def summary(self) -> dict[str, object]:
        """One JSON-ready mapping."""
        return {
            "schema_version": SCHEMA_VERSION,
            "command": "migrate",
            "status": "migrated" if len(self.migrated) else "unchanged",
            "migrated": self.migrated.dicts(),
        }

    def _repr_html_(self) -> str:
        return self.migrated._repr_html_()


class Migrating(Opened):
    """Old workspaces become new ones."""

    def migrate(self) -> Migration:
        """Brings every table and file of the lake to the present schema version; twice changes nothing more.

        From then on their logs and contents are sealed. What runs have recorded stays as it is, and so do the events:
        running a billing period again does nothing. Killed at any moment, it is finished by doing it again. Raises
        WorkspaceBusyError while another process writes, CorruptFileError when a log is not what was written, and
        UserError, before anything is written, when something is of a newer duckbill.
        """
        with self._writing("migrate"):
            check_versions(self.root)
            opened = [(table, delta) for table in tables_of(self.lake) if (delta := open_checked(table)) is not None]
            old_files = {file: entries for file in lake_files(self.lake) if (entries := _old_entries(file)) is not None}
            done = []
            for table, delta in opened:
                before = schema_version(delta)
                if before < TABLES.current:
                    _migrate_table(table, delta)
                    done.append({"name": f"lake/{table.name}", "before": before, "after": TABLES.current})
            for file, entries in old_files.items():
                file.write(entries)
                done.append({"name": f"lake/{file.path.name}", "before": 1, "after": LAKE_FILES.current})
        return Migration(Rows(pa.Table.from_pylist(done, _COLUMNS)))


def _old_entries(file: SealedEntries) -> dict[str, dict[str, object]] | None:
    """What a file holds that has not the present shape yet; None when it has, or is not there."""
    entries = file.read()
    return entries if entries is not None and not file.is_sealed() else None


def _migrate_table(table: Path, delta: DeltaTable) -> None:
    """Commits the present schema version to a table, and nothing else; its log is sealed from there on.

    Of the event table, runs see the same version as before.
    """
    if table.name == "events":
        commit_compaction(delta, table, (), ())
    else:
        write_commit(table, delta.version() + 1, described_anew(delta), {"operation": "UPGRADE"})
