"""What the machine and the system allow a process: memory, cores, open files, the size of a file."""

from __future__ import annotations

import os
import resource
from pathlib import Path

from engine.config import CONFIG_FILE
from engine.doctor.diagnosis import Diagnosis, broken, counted, size_told, well, worth_a_look
from engine.doctor.patient import Patient
from engine.values.memory import bytes_of

#: What a process needs beside what the database may use: Python, its libraries, what is read of a run.
_BESIDE = 512 * 1024**2
#: Files that are open beside those of events: libraries, outputs, spilled data.
_SPARE_FILES = 128

_GROUPS = Path("/sys/fs/cgroup")


def memory(patient: Patient) -> Diagnosis:
    """Whether the database may use more memory than there is; a process that does so is killed without a word."""
    wanted = bytes_of(patient.engine.memory_limit)
    allowed = {
        "physical memory": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        "memory of the control group": _group_number("memory.max", "memory/memory.limit_in_bytes"),
        "address space (ulimit -v)": _soft(resource.RLIMIT_AS),
    }
    name, least = min(((name, each) for name, each in allowed.items() if each is not None), key=lambda each: each[1])
    said = f"memory_limit is {patient.engine.memory_limit}, {name} {size_told(least)}"
    if wanted + _BESIDE > least:
        fitting = max(least - _BESIDE, least // 2) // 1024**2
        return worth_a_look(said, f'set memory_limit = "{fitting}MiB" in [engine] of {CONFIG_FILE}')
    return well(said)


def threads(patient: Patient) -> Diagnosis:
    """Whether more threads are asked for than may run at once."""
    cores = len(os.sched_getaffinity(0))
    quota = _group_cores()
    most = cores if quota is None else min(cores, quota)
    wanted = patient.engine.threads
    if wanted is not None and wanted > most:
        return worth_a_look(
            f"{counted(wanted, 'thread')} on {counted(most, 'core')}",
            f"set threads = {most} in [engine] of {CONFIG_FILE}",
        )
    if wanted is None and most < cores:
        return worth_a_look(
            f"{counted(cores, 'thread')}, one for each core, but the control group allows {counted(most, 'core')}",
            f"set threads = {most} in [engine] of {CONFIG_FILE}",
        )
    return well(f"{counted(cores if wanted is None else wanted, 'thread')} on {counted(most, 'core')}")


def open_files(patient: Patient) -> Diagnosis:
    """Whether all the files of the largest month can be open at once."""
    limit = _soft(resource.RLIMIT_NOFILE)
    month, most = max(
        ((month, files) for month, (files, _) in patient.event_bytes_by_month().items()),
        key=lambda each: each[1],
        default=("no month", 0),
    )
    said = f"{'any number of' if limit is None else limit} open files; the most event files, {most}, are of {month}"
    if limit is not None and limit < most + _SPARE_FILES:
        return worth_a_look(said, f"ulimit -n {most + _SPARE_FILES}, or fewer files: duckbill compact")
    return well(said)


def file_size(patient: Patient) -> Diagnosis:
    """Whether a file may be as large as those that there are."""
    limit = _soft(resource.RLIMIT_FSIZE)
    if limit is None:
        return well("files of any size")
    largest = max((file.bytes for file in patient.events.files), default=0)
    said = f"files of at most {size_told(limit)}; the largest of events has {size_told(largest)}"
    if limit <= largest:
        return broken(said, "ulimit -f unlimited")
    return worth_a_look(said, "ulimit -f unlimited, as large months spill large files")


def _soft(limit: int) -> int | None:
    """A limit of this process, None when there is none."""
    soft, _ = resource.getrlimit(limit)
    return None if soft == resource.RLIM_INFINITY else soft


def _group_number(*names: str) -> int | None:
    """The number in the first of these files of the control group that has one."""
    for name in names:
        try:
            text = (_GROUPS / name).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdecimal():
            return int(text)
    return None


def _group_cores() -> int | None:
    """How many cores the control group allows, rounded up; None when it does not say."""
    try:
        quota, period = (_GROUPS / "cpu.max").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        known = _group_number("cpu/cpu.cfs_quota_us")
        quota, period = str(known), str(_group_number("cpu/cpu.cfs_period_us"))
    if not (quota.isdecimal() and period.isdecimal()):
        return None
    return max(1, -(-int(quota) // int(period)))
