"""Rating alone: contracts and the values of their meters to invoices, at three sizes: seconds, memory, and whether it
is linear.

Everything is timed that a run does with the catalog's tables before and after metering, with its checks of every
stage's grain and of the finished tables. Making the catalog is not, and turning it into tables has its own column.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from benchmarks.isolated import isolated, peak_mib
from benchmarks.rated_contracts import PRODUCTS, sections
from benchmarks.subject import Rating

#: Sizes as shares of the number of contracts asked for.
SHARES = (0.01, 0.1, 1.0)

Row = dict[str, object]


def measure(directory: Path, *, contracts: int, threads: int) -> dict[str, list[Row]]:
    """Two tables: `rating` with one row a size, `rating_stages` with the seconds of every step by size."""
    sizes = [max(1, round(contracts * share)) for share in SHARES]
    sized = {size: isolated(_rated, directory / str(size), contracts=size, threads=threads) for size in sizes}
    stages = [
        {"stage": name, **{f"{size:,} contracts": sized[size][1][name] for size in sizes}}
        for name in sized[sizes[0]][1]
    ]
    return {"rating": [row for row, _ in sized.values()], "rating_stages": stages}


def _rated(spill: Path, *, contracts: int, threads: int) -> tuple[Row, dict[str, float]]:
    """The row of one size, and the seconds of its stages and checks."""
    with closing(Rating(sections(contracts), PRODUCTS, threads=threads, spill=spill)) as run:
        catalog = peak_mib()
        kinds: dict[str, float] = {}
        seconds: dict[str, float] = {}
        for step in run.steps_before_metering():
            seconds[step.name] = timed(step.run)
            kinds[step.kind] = kinds.get(step.kind, 0) + seconds[step.name]
        run.fill_metered()
        for step in run.steps_after_metering():
            seconds[step.name] = timed(step.run)
            kinds[step.kind] = kinds.get(step.kind, 0) + seconds[step.name]
        if run.count("invoices") != contracts:
            raise AssertionError(f"{run.count('invoices')} invoices for {contracts} contracts")
        total = sum(seconds.values())
        row: Row = {
            "contracts": contracts,
            "lines": run.count("line_items"),
            **{f"{kind} s": spent for kind, spent in kinds.items()},
            "total s": total,
            "ms per contract": total / contracts * 1000,
            "catalog MiB": catalog,
            "peak MiB": peak_mib(),
        }
        return row, seconds


def timed(step: Callable[[], None]) -> float:
    """The seconds that a step takes."""
    begun = time.perf_counter()
    step()
    return time.perf_counter() - begun
