"""What the operating system keeps a process from doing: files other than those named, memory, CPU time, core dumps.

Limits of DuckDB hold between its operators, and its file settings let a file that may be read be emptied; these hold
whatever runs (`spec/reliability.md` §2.7 and §3.2).
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

#: System calls that glibc has no functions for; the same numbers on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38

#: Rights over files that each version of Landlock knows, as bits: 13 at first, then REFER, TRUNCATE and IOCTL_DEV.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_READ_FILE, _READ_FOLDER = 1 << 2, 1 << 3
#: Binding and connecting TCP sockets, known from version 4 on.
_NETWORK_RIGHTS = 0b11
#: Without TRUNCATE, an allowed file could still be emptied by opening it.
_OLDEST_USEFUL = 3


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def limit_resources(cpu_seconds: int, memory: int, wall_seconds: int) -> None:
    """From now on: `cpu_seconds` more of CPU and `memory` more bytes of address space, no file grown, no core dump.

    Past the CPU limit the process dies of SIGXCPU, past the wall limit of SIGALRM, and past the memory limit an
    allocation fails.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    _at_most(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + cpu_seconds, grace=1)
    _at_most(resource.RLIMIT_AS, _address_space() + memory)
    _at_most(resource.RLIMIT_FSIZE, 0)
    _at_most(resource.RLIMIT_CORE, 0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(wall_seconds)


def _at_most(limit: int, value: int, grace: int = 0) -> None:
    _, hard = resource.getrlimit(limit)
    allowed = value + grace if hard == resource.RLIM_INFINITY else min(value + grace, hard)
    resource.setrlimit(limit, (min(value, allowed), allowed))


def _address_space() -> int:
    """What the process has mapped so far, in bytes; nothing where /proc does not say."""
    try:
        pages = Path("/proc/self/statm").read_bytes().split()[0]
    except OSError:
        return 0
    return int(pages) * resource.getpagesize()


def can_confine_files() -> bool:
    """Whether `allow_only_reading` works here: Linux from 6.2 on with Landlock."""
    return _landlock_version() >= _OLDEST_USEFUL


def _landlock_version() -> int:
    if not sys.platform.startswith("linux"):
        return 0
    libc = ctypes.CDLL(None, use_errno=True)
    return int(libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _CREATE_RULESET_VERSION))


def allow_only_reading(paths: Iterable[Path]) -> bool:
    """Let this thread, and those it starts, open nothing but `paths`, and those for reading only; no TCP either.

    Code stays readable (the interpreter, its libraries, this package), and so does the size of the machine. False, with
    nothing changed, where `can_confine_files` is false. Threads that run already are not confined, so call this before
    any that matter start.
    """
    version = _landlock_version()
    if not can_confine_files():
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    rights = (1 << _FILE_RIGHTS[min(version, max(_FILE_RIGHTS))]) - 1
    ruleset = _Ruleset(files=rights, network=_NETWORK_RIGHTS if version >= 4 else 0)
    size = ctypes.sizeof(_Ruleset) if version >= 4 else ctypes.sizeof(ctypes.c_uint64)
    rules = _checked(libc.syscall(_CREATE_RULESET, ctypes.byref(ruleset), ctypes.c_size_t(size), 0))
    try:
        for path in (*paths, *filter(Path.exists, _always_readable())):
            _allow_reading(libc, rules, path)
        _checked(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        _checked(libc.syscall(_RESTRICT_SELF, rules, 0))
    finally:
        os.close(rules)
    return True


def _always_readable() -> Iterator[Path]:
    yield from (Path(sys.prefix), Path(sys.base_prefix), Path(__file__).parent.parent)
    yield from map(Path, ("/usr", "/lib", "/lib64", "/etc/ld.so.cache"))
    # DuckDB asks how large the machine is, and does not start without an answer.
    yield from map(Path, ("/proc/stat", "/proc/meminfo", "/proc/self/cgroup"))
    yield from map(Path, ("/sys/devices/system/cpu", "/sys/fs/cgroup"))


def _allow_reading(libc: ctypes.CDLL, rules: int, path: Path) -> None:
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _PathBeneath(allowed=_READ_FILE | (_READ_FOLDER if path.is_dir() else 0), parent=opened)
        _checked(libc.syscall(_ADD_RULE, rules, _RULE_PATH_BENEATH, ctypes.byref(rule), 0))
    finally:
        os.close(opened)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
