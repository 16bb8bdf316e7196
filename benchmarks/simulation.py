"""What another catalog would have billed over a year, each question as a ratio to the run of one month."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import engine
from benchmarks import generate
from benchmarks.isolated import isolated, peak_mib
from engine.catalog.catalog import Catalog
from engine.catalog.metric import EventTypeFilter
from engine.values.period import format_instant, periods_through

MONTHS = tuple(periods_through("2026-02", "2027-01"))
LAST = MONTHS[-1].label
PERIOD = f"{MONTHS[0].label}..{LAST}"
AFTERWARDS = format_instant(MONTHS[-1].ending_before)

#: A price of every customer's, and a metric of every customer's, that are changed.
REPRICED = "seats"
RECOUNTED = "api_calls"


def measure(directory: Path, *, events: int, customers: int, threads: int) -> list[dict[str, object]]:
    """One row a step; `events` are those of a month."""
    workspace = directory / "workspace"
    isolated(_land, workspace, events=events, customers=customers, threads=threads)
    rows: list[dict[str, object]] = isolated(_simulate, workspace, customers=customers)
    return rows


def _land(folder: Path, *, events: int, customers: int, threads: int) -> None:
    generate.write_workspace(folder, customers=customers, threads=threads)
    workspace = engine.open(folder)
    for month in MONTHS:
        for file in generate.month_ndjson(folder / "ndjson", month.label, events=events, customers=customers):
            workspace.land(file, now=format_instant(month.ending_before))


def _simulate(folder: Path, *, customers: int) -> list[dict[str, object]]:
    workspace = engine.open(folder)
    present = workspace.catalog
    steps: list[dict[str, object]] = []

    def timed(name: str, billed: int, step: Callable[[], object]) -> None:
        begun, used = time.perf_counter(), time.process_time()
        step()
        seconds = time.perf_counter() - begun
        one = steps[0]["seconds"] if steps else seconds
        assert isinstance(one, float)
        told = {"seconds": seconds, "cpu s": time.process_time() - used, "to a month's run": seconds / one}
        steps.append({"step": name, "customers": billed, **told, "peak MiB": peak_mib()})

    def simulated(name: str, new: Catalog, billed: int) -> None:
        def step() -> None:
            found = workspace.simulate(new, PERIOD)
            if found.billed != billed or len(found.months) != len(MONTHS) or not len(found.changes):
                raise AssertionError(f"{name}: {found.summary()}")

        timed(name, billed, step)

    timed("run of a month", customers, lambda: workspace.run(MONTHS[0].label, now=AFTERWARDS))
    _forget(folder)
    simulated("a price, nothing kept", _repriced(present, "2.75"), customers)
    simulated("a metric, kept by that", _recounted(present), customers)
    simulated("a customer's contract, kept by that", _ended(present), 1)
    _forget(folder)
    timed("runs of 12 months", customers, lambda: workspace.run_through(MONTHS[0].label, LAST, now=AFTERWARDS))
    simulated("a price, kept by the runs", _repriced(present, "2.75"), customers)
    return steps


def _repriced(present: Catalog, price: str) -> Catalog:
    """One product costs otherwise for everybody."""
    (product,) = (each.id for each in present.products if each.name == REPRICED)
    rates = (
        each.model_copy(update={"price": Decimal(price)}) if each.product_id == product else each
        for each in present.rates
    )
    return present.model_copy(update={"rates": tuple(rates)})


def _recounted(present: Catalog) -> Catalog:
    """One product counts more for everybody."""
    wider = EventTypeFilter(in_values=("api_call", "chat_message"))
    metrics = (
        each.model_copy(update={"event_type_filter": wider}) if each.name == RECOUNTED else each
        for each in present.billable_metrics
    )
    return present.model_copy(update={"billable_metrics": tuple(metrics)})


def _ended(present: Catalog) -> Catalog:
    """The first customer leaves in the middle of the year."""
    first, *others = present.contracts
    ended = first.model_copy(update={"ending_before": MONTHS[6].starting_at})
    return present.model_copy(update={"contracts": (ended, *others)})


def _forget(folder: Path) -> None:
    """As if nothing had ever been metered."""
    shutil.rmtree(folder / "cache", ignore_errors=True)
