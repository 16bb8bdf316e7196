"""Billable metrics are immutable: a run refuses a catalog in which one that was billed before means something else.

Metronome lets nothing but the name of a metric change after its creation (spec/metering.md §4). Creation is the
first run that publishes with it; the hashes of those definitions are kept beside the published outputs. A file that is
missing is made again from the catalogs that published runs have recorded; one that is damaged is refused.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from engine.catalog.catalog import Catalog
from engine.errors import CatalogError, Problem
from engine.events.sealed_files import SealedEntries

FILE = "metric_definitions.json"

#: Definitions by metric id: name, definition (a hash), run_id of the first run that published with it.
Definitions = dict[str, dict[str, Any]]

#: Gives the ids of published runs with the catalogs that they were made from, oldest billing period first.
Billed = Callable[[], Iterable[tuple[str, Catalog]]]


def definitions_file(lake: Path) -> SealedEntries:
    """Where a lake keeps the definitions: entries by metric id."""
    remedy = "restore it, or remove it: the next run makes it again from what published runs have recorded"
    return SealedEntries(lake / FILE, "metrics", frozenset({"name", "definition", "run_id"}), remedy)


def check_definitions(lake: Path, catalog: Catalog, billed: Billed) -> Definitions:
    """The definitions that metrics were billed by; raises CatalogError with a Problem for each that has another now.

    Raises CorruptFileError when the file is not what was written, or is missing while what it is made again from is
    missing, too.
    """
    recorded = definitions_file(lake).read()
    if recorded is None:
        recorded = _from_billed(lake, billed)
    problems = []
    for metric in catalog.billable_metrics:
        known = recorded.get(metric.id)
        if known is not None and known["definition"] != metric.definition_hash():
            place = metric.source
            problems.append(
                Problem(
                    place.file if place is not None else "catalog",
                    place.line if place is not None else 0,
                    place.column if place is not None else 0,
                    f"billable metric {metric.name!r} changed since run {known['run_id']} billed by it",
                    "define a new metric under a new name and point the product at it",
                )
            )
    if problems:
        raise CatalogError(problems)
    return recorded


def record_definitions(lake: Path, catalog: Catalog, run_id: str, recorded: Mapping[str, Mapping[str, Any]]) -> None:
    """Remembers the metrics that a run was the first to publish with, besides those that are `recorded`.

    Writes nothing when there are none, and the file is there and sealed.
    """
    known = _with_used(recorded, catalog, run_id)
    file = definitions_file(lake)
    if known and not (known == recorded and file.is_sealed()):
        file.write(known)


def start_definitions(lake: Path) -> None:
    """Makes the file of a lake in which no metric was billed, whatever was published there."""
    lake.mkdir(parents=True, exist_ok=True)
    definitions_file(lake).write({})


def _from_billed(lake: Path, billed: Billed) -> Definitions:
    made: Definitions = {}
    for run_id, catalog in billed():
        made = _with_used(made, catalog, run_id)
    if made:
        what = "is missing; it is made again from what published runs have recorded"
        logging.getLogger("duckbill").warning("%s: %s", lake / FILE, what)
    return made


def _with_used(recorded: Mapping[str, Mapping[str, Any]], catalog: Catalog, run_id: str) -> Definitions:
    """The recorded definitions and those of the other metrics that products of the catalog are billed by."""
    used = {metric_id for product in catalog.products for metric_id in product.billable_metric_ids}
    new = {
        metric.id: {"name": metric.name, "definition": metric.definition_hash(), "run_id": run_id}
        for metric in catalog.billable_metrics
        if metric.id in used and metric.id not in recorded
    }
    return {**{metric_id: dict(entry) for metric_id, entry in recorded.items()}, **new}
