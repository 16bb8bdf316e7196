"""What the lake lies on: how much room there is, and whether the file system keeps what duckbill relies on."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from engine.doctor.diagnosis import Diagnosis, broken, command, counted, size_told, well, worth_a_look
from engine.doctor.patient import Patient

_MIB = 1024**2

#: With less room than this nothing can be relied on.
_LEAST_FREE = 64 * _MIB
#: With less than this, somebody should look before it is gone.
_LITTLE_FREE = 1024 * _MIB
#: What a run may spill at the most, for each byte of the month's events: spilled rows are hardly compressed.
_SPILL = 3
#: How many more files there must be room for: a run writes some twenty, a landing one for each day.
_LEAST_INODES = 1000

#: File systems over which locks and links reach other machines late, or not at all.
_MOUNTS = Path("/proc/self/mounts")
_REMOTE = ("nfs", "cifs", "smb", "9p", "fuse", "ceph", "lustre", "glusterfs", "afs", "vboxsf", "virtiofs")


def disk(patient: Patient) -> Diagnosis:
    """Whether there is room for a run of the largest month and what it spills, and for its files."""
    place = _place(patient)
    there = os.statvfs(place)
    free = there.f_bavail * there.f_frsize
    lake = sum(path.stat().st_size for path in patient.lake.rglob("*") if path.is_file())
    months = patient.event_bytes_by_month()
    largest = max((size for _, size in months.values()), default=0)
    said = f"{size_told(free)} free; the lake has {size_told(lake)}, its largest month {size_told(largest)}"
    remedy = f"make room on {place}; {command('vacuum', patient.root)} removes what is left over"
    if free < _LEAST_FREE:
        return broken(said, remedy)
    # Some file systems make inodes as they need them, and say that there are none.
    if there.f_files and there.f_favail < _LEAST_INODES:
        return broken(f"{said}; there is room for {counted(there.f_favail, 'more file', 'more files')} only", remedy)
    if free < max(_LITTLE_FREE, _SPILL * largest):
        return worth_a_look(said, remedy)
    return well(said)


def file_system(patient: Patient) -> Diagnosis:
    """Whether a file can be written, synced, locked and linked where the lake is, each as duckbill relies on it."""
    place = _place(patient)
    kind = file_system_kind(place)
    folder = Path(tempfile.mkdtemp(prefix=".spill-", dir=place))
    try:
        cannot = [what for what, probe in _PROBES.items() if not _succeeds(probe, folder)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if cannot:
        return broken(f"{kind} at {place}: cannot {', '.join(cannot)}", "move the workspace to a local disk")
    if kind.startswith(_REMOTE):
        return worth_a_look(
            f"{kind} at {place}: locks and links may not reach other machines",
            "let one machine alone write to this workspace, or move it to a local disk",
        )
    return well(f"{kind}: files are written, synced, locked and linked")


def file_system_kind(path: Path) -> str:
    """The type of the file system that a path lies on, `unknown` where the system does not say."""
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "unknown"
    kinds = {Path(_unescaped(line.split()[1])): line.split()[2] for line in mounts if len(line.split()) > 2}
    resolved = path.resolve()
    return next((kinds[each] for each in (resolved, *resolved.parents) if each in kinds), "unknown")


def _unescaped(name: str) -> str:
    """A mount point as the list of mounts writes it, blanks being octal."""
    for escape, meant in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        name = name.replace(escape, meant)
    return name


def _place(patient: Patient) -> Path:
    """The lake, or the folder in which it will be."""
    return patient.lake if patient.lake.is_dir() else patient.root


def _succeeds(probe: Callable[[Path], bool], folder: Path) -> bool:
    try:
        return probe(folder)
    except OSError:
        return False


def _syncs(folder: Path) -> bool:
    path = folder / "synced"
    with path.open("wb") as file:
        file.write(b"duckbill")
        file.flush()
        os.fsync(file.fileno())
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return path.read_bytes() == b"duckbill"


def _locks(folder: Path) -> bool:
    """Whether one who has a file locked keeps another from it."""
    path = folder / "locked"
    with path.open("w") as first, path.open("a") as second:
        fcntl.flock(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _links(folder: Path) -> bool:
    """Whether a second name can be given to a file, and a name that is taken is refused."""
    path, name = folder / "linked", folder / "name"
    path.write_bytes(b"duckbill")
    name.hardlink_to(path)
    try:
        name.hardlink_to(path)
    except FileExistsError:
        return name.read_bytes() == b"duckbill"
    return False


def _renames(folder: Path) -> bool:
    """Whether a file takes the place of another in one step."""
    old, new = folder / "old", folder / "new"
    old.write_bytes(b"old")
    new.write_bytes(b"new")
    new.replace(old)
    return old.read_bytes() == b"new" and not new.exists()


_PROBES: dict[str, Callable[[Path], bool]] = {
    "write and sync files": _syncs,
    "lock files": _locks,
    "link files": _links,
    "replace files": _renames,
}
