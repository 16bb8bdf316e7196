"""Whether what was committed is there: logs, files, records; every byte of it when no cost is spared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.doctor.diagnosis import Diagnosis, broken, command, counted, some_of, well, worth_a_look
from engine.doctor.patient import Patient, committed_sizes
from engine.events.delta_check import check_log
from engine.run_folder import check_run_folder, read_manifest, run_id_of
from engine.verifying import foreign_files, verify_workspace

_RESTORE = "restore it from a backup"

#: Which findings are damage to what was committed.
_DAMAGE = ("missing", "changed")


def delta_logs(patient: Patient) -> Diagnosis:
    """Whether every commit of every table is as it was written, and the newest is the one that the head names."""
    tables = patient.tables()
    damaged = [f"{_name(patient, found.path)} is {found.damage}" for table in tables for found in check_log(table)]
    if damaged:
        return broken(some_of(damaged), f"{_RESTORE}; {command('verify', patient.root)} tells of each")
    return well(f"the logs of {counted(len(tables), 'table')} are as they were written")


def files(patient: Patient) -> Diagnosis:
    """Whether every committed file is there with its size, and no other lies among them; with `full`, its content.

    A foreign file is never read, so it breaks nothing.
    """
    if patient.full:
        findings = verify_workspace(patient.root)
        damaged = [f"{_name(patient, each.path)} is {each.kind}" for each in findings if each.kind in _DAMAGE]
        foreign = [each.path for each in findings if each.kind == "foreign"]
        sound = "every byte that was committed is as it was"
    else:
        damaged, foreign = list(_misfits(patient)), foreign_files(patient.root)
        sound = f"{counted(_committed(patient), 'file')} with the size that was committed"
    if damaged:
        return broken(some_of(damaged), f"{_RESTORE}; {command('verify', patient.root)} tells of each")
    if foreign:
        names = some_of([_name(patient, path) for path in foreign])
        return worth_a_look(f"not written by duckbill, and never read: {names}", "take them away")
    return well(sound if patient.full else f"{sound}; {command('doctor', patient.root, '--full')} reads every byte")


def run_folders(patient: Patient) -> Diagnosis:
    """Whether the records of published runs are whole, so that what is published can be explained and made again."""
    wrong = []
    for run_id in patient.published_runs.values():
        folder = patient.run_folder(run_id)
        manifest = read_manifest(folder)
        if manifest is None:
            wrong.append(f"runs/{run_id} is missing")
        elif run_id_of(manifest["inputs"]) != run_id:
            wrong.append(f"runs/{run_id} is not the record of what made it")
        else:
            wrong.extend(f"{_name(patient, each.path)} is {each.kind}" for each in check_run_folder(folder))
    if wrong:
        return broken(some_of(wrong), f"{_RESTORE}; {command('verify', patient.root)} tells of each")
    return well(f"{counted(len(patient.published_runs), 'published run')} with a whole record")


def _misfits(patient: Patient) -> Iterator[str]:
    """The committed files that are missing, or have not the size that they were committed with."""
    for table in patient.tables():
        for path, size in committed_sizes(table):
            if not path.is_file():
                yield f"{_name(patient, path)} is missing"
            elif (there := path.stat().st_size) != size:
                yield f"{_name(patient, path)} has {there} bytes where {size} were committed"


def _committed(patient: Patient) -> int:
    return sum(1 for table in patient.tables() for _ in committed_sizes(table))


def _name(patient: Patient, path: Path) -> str:
    """A path as it stands in the workspace."""
    return str(path.relative_to(patient.root)) if path.is_relative_to(patient.root) else str(path)
