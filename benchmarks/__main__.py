"""`python -m benchmarks`: runs the benchmarks, prints tables, writes results/benchmarks.json."""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from importlib.metadata import version
from pathlib import Path

from benchmarks import landing, metering, whole_run
from benchmarks.isolated import isolated
from benchmarks.timing import table

RESULTS = Path(__file__).resolve().parent / "results"
NAMES = ("landing", "metering", "whole_run")


def main() -> None:
    given = _arguments()
    # Polars reads this once, when it is first imported in the process that measures.
    os.environ["POLARS_MAX_THREADS"] = str(given.threads)
    results: dict[str, object] = {"setting": _setting(given)}
    for name in NAMES:
        if name in given.only:
            with tempfile.TemporaryDirectory(prefix="duckbill-benchmark-", dir=given.scratch) as scratch:
                rows = _measure(name, Path(scratch), given)
            results[name] = rows
            print(table(f"{name} ({given.threads} threads)", rows), flush=True)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / "benchmarks.json"
    path.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(f"written to {path}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000, help="events of metering and the whole run")
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--earlier", type=int, default=20_000_000, help="earlier ids that landing checks against")
    parser.add_argument("--batch", type=int, default=landing.BATCH, help="events of one landing")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--rivals-only", action="store_true", help="metering without duckbill")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--scratch", help="folder for temporary files (several GB)")
    return parser.parse_args()


def _measure(name: str, scratch: Path, given: argparse.Namespace) -> list[dict[str, object]]:
    customers, threads = given.customers, given.threads
    if name == "landing":
        return [
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
    if name == "metering":
        return isolated(
            metering.measure,
            scratch,
            events=given.events,
            customers=customers,
            threads=threads,
            rivals_only=given.rivals_only,
        )
    return whole_run.measure(scratch, events=given.events, customers=customers, threads=threads)


def _setting(given: argparse.Namespace) -> dict[str, object]:
    packages = ("duckdb", "polars", "chdb", "deltalake", "pyarrow")
    return {
        "events": given.events,
        "customers": given.customers,
        "threads": given.threads,
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }


if __name__ == "__main__":
    main()
