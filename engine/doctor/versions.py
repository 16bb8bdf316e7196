"""The versions of Python, of the libraries, and of the duckbill that published what is published."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata, requires, version

from engine.doctor.diagnosis import Diagnosis, broken, counted, some_of, well, worth_a_look
from engine.doctor.patient import Patient
from engine.run_folder import recorded_inputs
from engine.version import VERSION

#: The DuckDB with which casts, sums, time zones and the bytes of Parquet files were measured.
MEASURED_DUCKDB = "2.0.0"

_PACKAGE = "duckbill"
_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+)\s*(?P<ranges>[^;]*)(?P<marker>;.*)?\Z")
_RANGE = re.compile(r"\s*(?P<how>>=|<=|==|!=|<|>)\s*(?P<version>[0-9][0-9.]*)")
_LENGTH = 6


def python_version(patient: Patient) -> Diagnosis:
    """Whether this Python is one that duckbill runs on."""
    running = platform.python_version()
    try:
        needed = str(metadata(_PACKAGE)["Requires-Python"])
    except PackageNotFoundError:
        return well(running)
    if is_within(running, needed):
        return well(f"{running}, of {needed}")
    return broken(f"{running}, but {needed} is needed", "install duckbill in an environment of such a Python")


def library_versions(patient: Patient) -> Diagnosis:
    """Whether every library is there in a version that duckbill works with."""
    try:
        needed = list(_required())
    except PackageNotFoundError:
        return worth_a_look(
            "duckbill is not installed, so that nothing says which libraries it needs", "pip install duckbill"
        )
    found, wrong = [], []
    for name, ranges in needed:
        try:
            there = version(name)
        except PackageNotFoundError:
            wrong.append((f"{name} is not installed", f"{name}{ranges}"))
            continue
        found.append(f"{name} {there}")
        if not is_within(there, ranges):
            wrong.append((f"{name} {there} is not {ranges}", f"{name}{ranges}"))
    if wrong:
        wanted = " ".join(f"'{each}'" for _, each in wrong)
        return broken(", ".join(said for said, _ in wrong), f"pip install {wanted}")
    return well(", ".join(found))


def database_version(patient: Patient) -> Diagnosis:
    """Whether the database is the one whose arithmetic was measured."""
    there = version("duckdb")
    if there == MEASURED_DUCKDB:
        return well(f"duckdb {there}")
    return worth_a_look(
        f"duckdb {there}; its arithmetic, and the bytes that it writes, were measured with {MEASURED_DUCKDB}",
        f"pip install 'duckdb=={MEASURED_DUCKDB}'",
    )


def publishing_versions(patient: Patient) -> Diagnosis:
    """Whether what is published was computed by this version of duckbill: another may compute something else."""
    others = []
    for period, run_id in patient.published_runs.items():
        made_by = str((recorded_inputs(patient.run_folder(run_id)) or {}).get("engine", VERSION))
        if made_by != VERSION:
            others.append((period, made_by))
    if not others:
        return well(f"{counted(len(patient.published_runs), 'period')}, published by duckbill {VERSION}")
    said = some_of([f"{period} by {made_by}" for period, made_by in others])
    newer = [made_by for _, made_by in others if _numbers(made_by) > _numbers(VERSION)]
    if newer:
        return worth_a_look(
            f"published by a newer duckbill than this {VERSION}: {said}",
            f"pip install 'duckbill=={max(newer, key=_numbers)}'",
        )
    return worth_a_look(
        f"published by an older duckbill than this {VERSION}: {said}",
        "the next run of a period computes its drafts anew: duckbill diff tells what changes",
    )


def is_within(version: str, ranges: str) -> bool:
    """Whether a version satisfies ranges such as `>=2.0,<3`.

    >>> is_within("2.0.0", ">=2.0,<3"), is_within("3.0", ">=2.0,<3")
    (True, False)
    """
    there = _numbers(version)
    for found in _RANGE.finditer(ranges):
        bound = _numbers(found["version"])
        holds = {
            ">=": there >= bound,
            "<=": there <= bound,
            ">": there > bound,
            "<": there < bound,
            "==": there == bound,
            "!=": there != bound,
        }
        if not holds[found["how"]]:
            return False
    return True


def _required() -> Iterator[tuple[str, str]]:
    """The libraries that duckbill cannot do without, and their ranges."""
    for text in requires(_PACKAGE) or ():
        found = _REQUIREMENT.match(text)
        if found is not None and found["marker"] is None:
            yield found["name"], found["ranges"].strip()


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers that a version begins with, so many that versions can be compared."""
    leading = re.match(r"[0-9]+(\.[0-9]+)*", version)
    numbers = [int(each) for each in leading[0].split(".")] if leading else []
    return tuple([*numbers, *[0] * _LENGTH][:_LENGTH])
