"""Input made to take all the memory or all the time there is, landed in a process of its own that is measured."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, count, islice, repeat
from pathlib import Path

import duckdb

from engine.errors import UserError
from engine.events.land import LandingLimits, LandingResult, land
from engine.events.source import Source, file_source, stream_source
from tests.faults.fuzzed_lines import NOW

#: What the database may use by its own account; what a landing takes beyond is held against the bound of each test.
MEMORY_LIMIT = "512MiB"

MIB = 1 << 20

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["engine.events.land", "engine.events.source"])


@dataclass(frozen=True, slots=True)
class Blast:
    """What a landing came to: its result or the error shown, how much memory it grew by, and CPU seconds."""

    result: LandingResult | None
    error: str
    grown_mib: int
    cpu_seconds: float


class Pieces:
    """A stream of pieces that are made as they are read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = b""

    def read(self, size: int, /) -> bytes:
        parts, held = [self._held], len(self._held)
        while held < size and (piece := next(self._pieces, b"")):
            parts.append(piece)
            held += len(piece)
        whole = b"".join(parts)
        self._held = whole[size:]
        return whole[:size]


def good(number: int, properties: str = "{}", more: str = "") -> bytes:
    """The line of an acceptable event."""
    return (
        f'{{"transaction_id":"t{number}","customer_id":"c1","event_type":"call",'
        f'"timestamp":"2026-03-19T12:00:00Z","properties":{properties}{more}}}'
    ).encode()


def between_neighbours(*pieces: Iterator[bytes] | bytes, comma: bytes = b"\n") -> Iterator[bytes]:
    """A bomb between two good events, each on a line of its own, or between commas."""
    each = [iter([piece]) if isinstance(piece, bytes) else piece for piece in pieces]
    return chain([good(1), comma], *each, [comma, good(2)])


def filling(part: bytes, size: int) -> Iterator[bytes]:
    """A part again and again, so many bytes or a few more, in pieces."""
    piece = part * (MIB // len(part))
    return repeat(piece, size // len(piece) + 1)


def short_names() -> Iterator[str]:
    """Different names of few characters."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    return ("".join(letters[number // 26**place % 26] for place in range(5)) for number in count())


def blast_stream(folder: Path, make: Callable[..., Iterator[bytes]], *arguments: object) -> Blast:
    """Lands a stream of pieces that `make` makes in the other process."""
    return _in_a_process(folder, _stream, make, *arguments)


def blast_file(folder: Path, path: Path) -> Blast:
    """Lands a file in another process."""
    return _in_a_process(folder, _file, path)


def _stream(make: Callable[..., Iterator[bytes]], *arguments: object) -> Source:
    return stream_source(Pieces(make(*arguments)), "bomb")  # type: ignore[arg-type]


def _file(path: Path) -> Source:
    return file_source(path)


def _in_a_process(folder: Path, source: Callable[..., Source], *arguments: object) -> Blast:
    receiver, sender = _PROCESSES.Pipe(duplex=False)
    process = _PROCESSES.Process(target=_land, args=(sender, folder, source, arguments))
    process.start()
    sender.close()
    try:
        blast: Blast = receiver.recv()
    except EOFError:
        process.join()
        raise AssertionError(f"the landing process died: {process.exitcode}") from None
    process.join()
    return blast


def _land(sender: object, folder: Path, source: Callable[..., Source], arguments: tuple[object, ...]) -> None:
    # More than any bomb may take, so that one that goes off takes down its own process and nothing else.
    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
    result, error = None, ""
    config: dict[str, str | bool | int | float | list[str]]
    config = {"threads": 2, "memory_limit": MEMORY_LIMIT, "temp_directory": str(folder / "spill")}
    with duckdb.connect(config=config) as connection:
        connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        before, started = _most_memory(), time.process_time()
        try:
            result = land(
                folder / "lake",
                source(*arguments),
                now=NOW,
                limits=LandingLimits(property_fields=100),
                connection=connection,
            )
        except UserError as shown:
            error = str(shown)
        grown, seconds = _most_memory() - before, time.process_time() - started
    sender.send(Blast(result, error, grown, seconds))  # type: ignore[attr-defined]


def _most_memory() -> int:
    """The most memory this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def first(number: int, names: Iterator[str]) -> list[str]:
    """The first so many names."""
    return list(islice(names, number))
