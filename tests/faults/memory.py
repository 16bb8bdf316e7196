"""Any number of events lands and is billed in bounded memory: what does not fit is spilled, and nothing is lost by it.

Events are those of `benchmarks/generate.py`: eight metrics, two of them SQL, and twenty users a customer to tell apart.
They land in files of some millions, each of which is checked against the ids of all before. Every step is a process of
its own, which tells the most memory that it ever held. What is billed is compared with sums over the generated events.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import engine
from benchmarks import generate
from benchmarks.isolated import isolated, peak_mib

_MIB = 1024**2

#: What is billed of each product, computed without the engine; those of seats, sessions and peaks are not sums.
_EXPECTED = """
SELECT
    count(*) FILTER (event_type = 'api_call')::HUGEINT AS api_calls,
    sum(properties.tokens::HUGEINT) FILTER (event_type = 'chat_message') AS tokens,
    sum(properties.tokens::HUGEINT) FILTER (event_type = 'llm_request') AS tokens_by_model,
    sum(properties.size::HUGEINT * properties.num_recipients::HUGEINT) FILTER (event_type = 'message_sent') AS data_sent
FROM generated_events(?, ?, ?, ?)
"""

_BILLED = """
SELECT product_name, sum(quantity)
FROM lines
WHERE product_name IN ('api_calls', 'tokens', 'tokens_by_model', 'data_sent')
GROUP BY product_name
"""


@dataclass(frozen=True, slots=True)
class Step:
    """What one process needed: the most memory that it held, the most it had spilled at once, CPU and time."""

    peak_mib: int
    spilled_mib: int
    cpu_seconds: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Memory:
    """What landing and billing so many events took; `landing` is the most that any file took, and all their seconds."""

    events: int
    accepted: int
    limit: str
    landing: Step
    billing: Step
    billed: Mapping[str, Decimal]
    expected: Mapping[str, Decimal]
    debris: tuple[str, ...]


@contextmanager
def _spill_watched(folder: Path) -> Iterator[list[int]]:
    """The most bytes that files of spilled data in `folder` had together; looks fifty times a second."""
    most, is_over = [0], threading.Event()

    def watch() -> None:
        while not is_over.wait(0.02):
            # Where what is looked at is removed meanwhile, the next look counts.
            with suppress(FileNotFoundError):
                most[0] = max(most[0], sum(path.stat().st_size for path in folder.rglob("duckdb_temp*")))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield most
    finally:
        is_over.set()
        watcher.join()


def _land(workspace: Path, file: Path) -> tuple[Step, int]:
    """In a process of its own: lands a file; how many events were accepted."""
    begun = time.perf_counter()
    with _spill_watched(workspace) as spilled:
        landed = engine.open(workspace).land(file, now=generate.NOW)
    return _step(begun, spilled), landed.accepted


def _bill(workspace: Path) -> tuple[Step, dict[str, Decimal]]:
    """In a process of its own: runs the period; what was billed of each product whose usage adds up."""
    begun = time.perf_counter()
    with _spill_watched(workspace) as spilled:
        run = engine.open(workspace).run(generate.PERIOD, now=generate.NOW)
    step = _step(begun, spilled)
    with generate.connect() as connection:
        connection.register("lines", run.line_items.arrow())
        return step, dict(connection.execute(_BILLED).fetchall())


def _step(begun: float, spilled: Sequence[int]) -> Step:
    return Step(peak_mib(), spilled[0] // _MIB, round(time.process_time()), round(time.perf_counter() - begun))


def _expected(rows: int, total: int, customers: int) -> dict[str, Decimal]:
    with generate.connect() as connection:
        asked = connection.execute(_EXPECTED, [0, rows, total, customers])
        names = [str(column[0]) for column in asked.description or ()]
        (sums,) = asked.fetchall()
    return {name: Decimal(each) for name, each in zip(names, sums, strict=True)}


def memory(
    folder: Path,
    *,
    events: int,
    files: int,
    limit: str,
    threads: int = 2,
    customers: int = 1000,
    one_day: bool = False,
) -> Memory:
    """Lands so many events in so many files into a new workspace in `folder`, and bills their month.

    With `one_day` all are of the first of the month. Files are written one after the other, and removed once landed.
    """
    workspace = folder / "workspace"
    generate.write_workspace(workspace, customers=customers, threads=threads)
    settings = (workspace / "duckbill.toml").read_text(encoding="utf-8")
    assert '"4GiB"' in settings
    (workspace / "duckbill.toml").write_text(settings.replace('"4GiB"', f'"{limit}"'), encoding="utf-8")
    total = events * generate.DAYS if one_day else events
    accepted, steps = 0, []
    for number in range(files):
        first, last = events * number // files, events * (number + 1) // files
        file = folder / f"{number}.ndjson"
        generate.write_ndjson(file, first=first, last=last, events=total, customers=customers)
        step, landed = isolated(_land, workspace, file)
        file.unlink()
        steps.append(step)
        accepted += landed
        print(f"memory: landed {accepted} events: {step}", flush=True)
    billing, billed = isolated(_bill, workspace)
    return Memory(
        events=events,
        accepted=accepted,
        limit=limit,
        landing=Step(
            max(step.peak_mib for step in steps),
            max(step.spilled_mib for step in steps),
            sum(step.cpu_seconds for step in steps),
            sum(step.seconds for step in steps),
        ),
        billing=billing,
        billed=billed,
        expected=_expected(events, total, customers),
        debris=tuple(sorted(str(path.relative_to(workspace)) for path in workspace.rglob(".s*"))),
    )


def main(arguments: Sequence[str]) -> int:
    """`python -m tests.faults memory`: 100 million events; fails when a process held more than `--within` MiB."""
    parser = argparse.ArgumentParser(prog="memory", description=__doc__)
    parser.add_argument("--count", type=int, default=100_000_000, help="events")
    parser.add_argument("--files", type=int, help="files that they land in, by default one for every 5 million")
    parser.add_argument("--limit", default="3GiB", help="memory_limit of the workspace")
    parser.add_argument("--within", type=int, default=4096, help="MiB that no process may exceed")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--one-day", action="store_true", help="all events are of one day")
    parser.add_argument("--seed", type=int, default=1, help="not used: the events are always the same")
    parser.add_argument("--scratch", help="folder for the workspace: 100 million events need 30 GB")
    chosen = parser.parse_args(arguments)
    options: dict[str, Any] = {
        "limit": chosen.limit,
        "threads": chosen.threads,
        "customers": chosen.customers,
        "one_day": chosen.one_day,
    }
    with tempfile.TemporaryDirectory(prefix="duckbill-memory-", dir=chosen.scratch) as folder:
        found = memory(
            Path(folder), events=chosen.count, files=chosen.files or -(-chosen.count // 5_000_000), **options
        )
    print(found)
    is_within = max(found.landing.peak_mib, found.billing.peak_mib) <= chosen.within
    return 0 if is_within and found.accepted == found.events and found.billed == found.expected else 1
