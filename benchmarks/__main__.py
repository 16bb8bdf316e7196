"""`python -m benchmarks`: runs the benchmarks, prints tables, writes results/benchmarks.json."""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks import (
    checking,
    closing,
    compacting,
    drawdown,
    landing,
    metered_runs,
    metering,
    rating,
    simulation,
    whole_run,
)
from benchmarks.isolated import isolated
from benchmarks.subject import OPTIMISATIONS
from benchmarks.timing import table

RESULTS = Path(__file__).resolve().parent / "results"
#: Benchmarks that share what they land stand together.
GROUPS = (
    ("landing",),
    ("metering",),
    tuple(metered_runs.CASES),
    ("rating",),
    ("drawdown",),
    ("whole_run",),
    ("closing",),
    ("checking",),
    ("compacting",),
    ("simulation",),
)

#: A simulation is of twelve months, each of this part of `--events`.
SIMULATED_SHARE = 10

#: What is compacted lands in so many small files that it is this part of `--events`.
COMPACTED_SHARE = 10
NAMES = tuple(name for group in GROUPS for name in group)


def main() -> None:
    given = _arguments()
    # Polars reads this once, when it is first imported in the process that measures.
    os.environ["POLARS_MAX_THREADS"] = str(given.threads)
    path, setting = RESULTS / "benchmarks.json", _setting(given)
    for group in GROUPS:
        names = [name for name in group if name in given.only]
        if names:
            with tempfile.TemporaryDirectory(prefix="duckbill-benchmark-", dir=given.scratch) as scratch:
                measured = _measure(names, Path(scratch), given)
            for name, rows in measured.items():
                print(table(f"{name} ({given.threads} threads)", rows), flush=True)
            record(path, measured, setting)
    print(f"written to {path}")


def record(path: Path, measured: Mapping[str, Sequence[object]], setting: Mapping[str, object]) -> None:
    """Writes what was measured, by benchmark, beside what the file has of others; each says with which setting."""
    recorded = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    recorded |= {name: {"setting": setting, "rows": rows} for name, rows in measured.items()}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(dict(sorted(recorded.items())), indent=2) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--events",
        type=int,
        default=10_000_000,
        help="events of metering and the whole run; distinct users of " + ", ".join(metered_runs.CASES),
    )
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--contracts", type=int, default=100_000, help="contracts of rating and drawdown")
    parser.add_argument("--earlier", type=int, default=20_000_000, help="earlier ids that landing checks against")
    parser.add_argument("--batch", type=int, default=landing.BATCH, help="events of one landing")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--rivals-only", action="store_true", help="metering without duckbill")
    parser.add_argument(
        "--off", nargs="+", choices=OPTIMISATIONS, default=(), help="time those benchmarks without it, too"
    )
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--scratch", help="folder for temporary files (several GB)")
    return parser.parse_args()


def _measure(names: list[str], scratch: Path, given: argparse.Namespace) -> dict[str, list[dict[str, object]]]:
    """The tables of one group's benchmarks."""
    customers, threads = given.customers, given.threads
    if set(names) <= set(metered_runs.CASES):
        return isolated(
            metered_runs.measure,
            scratch,
            names=names,
            users=given.events,
            customers=customers,
            threads=threads,
            off=given.off,
        )
    (name,) = names
    if name == "rating":
        return rating.measure(scratch, contracts=given.contracts, threads=threads)
    if name == "closing":
        return {name: closing.measure(scratch, events=given.events, customers=customers, threads=threads)}
    if name == "checking":
        return {name: checking.measure(scratch, events=given.events, customers=customers, threads=threads)}
    if name == "compacting":
        size = given.events // COMPACTED_SHARE
        return {name: compacting.measure(scratch, events=size, customers=customers, threads=threads)}
    if name == "simulation":
        size = given.events // SIMULATED_SHARE
        return {name: simulation.measure(scratch, events=size, customers=customers, threads=threads)}
    if name == "drawdown":
        return drawdown.measure(scratch, contracts=given.contracts, threads=threads)
    if name == "landing":
        rows = [
            isolated(
                landing.measure,
                scratch / str(earlier),
                events=given.batch,
                earlier=earlier,
                customers=customers,
                threads=threads,
            )
            for earlier in (0, given.earlier)
        ]
    elif name == "metering":
        rows = isolated(
            metering.measure,
            scratch,
            events=given.events,
            customers=customers,
            threads=threads,
            rivals_only=given.rivals_only,
        )
    else:
        rows = whole_run.measure(scratch, events=given.events, customers=customers, threads=threads)
    return {name: rows}


def _setting(given: argparse.Namespace) -> dict[str, object]:
    packages = ("duckdb", "polars", "chdb", "deltalake", "pyarrow")
    return {
        "events": given.events,
        "customers": given.customers,
        "contracts": given.contracts,
        "threads": given.threads,
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }


if __name__ == "__main__":
    main()
