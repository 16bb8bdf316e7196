"""All checks of a workspace, one after the other, and what they came to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from engine.doctor import clocks, integrity, leftovers, limits, lock, schemas, small_files, storage, versions, written
from engine.doctor.diagnosis import Diagnosis, Status, broken, command
from engine.doctor.patient import Patient
from engine.errors import UserError
from engine.result import Rows
from engine.version import SCHEMA_VERSION

Check = Callable[[Patient], Diagnosis]

#: Every check by its name, in the order in which they are told.
CHECKS: dict[str, Check] = {
    "python": versions.python_version,
    "libraries": versions.library_versions,
    "database": versions.database_version,
    "published_by": versions.publishing_versions,
    "configuration": written.configuration,
    "catalog": written.catalog,
    "metric_definitions": written.metric_definitions,
    "schema_versions": schemas.schema_versions,
    "lock": lock.lock,
    "delta_logs": integrity.delta_logs,
    "files": integrity.files,
    "run_folders": integrity.run_folders,
    "leftovers": leftovers.leftovers,
    "small_files": small_files.small_files,
    "disk": storage.disk,
    "file_system": storage.file_system,
    "memory": limits.memory,
    "threads": limits.threads,
    "open_files": limits.open_files,
    "file_size": limits.file_size,
    "clock": clocks.clock,
    "time_zones": clocks.time_zones,
}

_COLUMNS = pa.schema([("name", pa.string()), ("status", pa.string()), ("found", pa.string()), ("remedy", pa.string())])


@dataclass(frozen=True)
class Examination:
    """What an examination came to.

    Columns of `checks`: name, status (ok, warn, fail), found, remedy (null when there is nothing to do). Grain: name.
    """

    root: Path
    checks: Rows

    def __iter__(self) -> Iterator[dict[str, object]]:
        return iter(self.checks)

    @property
    def failed(self) -> tuple[str, ...]:
        """The names of the checks that failed."""
        return tuple(str(row["name"]) for row in self.checks if row["status"] == Status.FAIL)

    @property
    def status(self) -> Status:
        """That of the worst check."""
        found = {str(row["status"]) for row in self.checks}
        return next(each for each in (Status.FAIL, Status.WARN, Status.OK) if each in found)

    @property
    def summary(self) -> dict[str, object]:
        """One JSON-ready mapping."""
        return {
            "schema_version": SCHEMA_VERSION,
            "command": "doctor",
            "status": str(self.status),
            "checks": self.checks.dicts(),
        }

    def _repr_html_(self) -> str:
        return self.checks._repr_html_()


def examine(root: Path, now: datetime, *, full: bool = False) -> Examination:
    """Examines the workspace in a folder, as broken as it may be, at an instant (naive UTC).

    Each check is by itself: one that cannot be done has failed, and the others are done. With `full`, every byte that
    was committed is read. Writes nothing but a file that is gone again. Raises UserError when the folder is none.
    """
    patient = Patient(root, now, full)
    patient.check_is_workspace()
    rows = [{"name": name, **_row(_done(check, patient))} for name, check in CHECKS.items()]
    return Examination(root, Rows(pa.Table.from_pylist(rows, _COLUMNS)))


def _done(check: Check, patient: Patient) -> Diagnosis:
    """What a check came to; one that cannot be done has failed, whatever the reason."""
    try:
        return check(patient)
    except UserError as error:
        said = str(error)
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
    return broken(said, f"mend what is said, then: {command('doctor', patient.root)}")


def _row(diagnosis: Diagnosis) -> dict[str, str | None]:
    return {"status": str(diagnosis.status), "found": diagnosis.found, "remedy": diagnosis.remedy or None}
