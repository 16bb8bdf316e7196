"""Billable metrics are immutable: a run refuses a catalog in which one that was billed before means something else.

Metronome lets nothing but the name of a metric change after its creation (spec/metering.md §4). Creation is the
first run that publishes with it; the hashes of those definitions are kept beside the published outputs.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from engine.catalog.catalog import Catalog
from engine.errors import CatalogError, CorruptFileError, Problem
from engine.events.files import sync_folders

_FILE = "metric_definitions.json"


def check_definitions(lake: Path, catalog: Catalog) -> None:
    """Raises CatalogError with a Problem for each metric whose definition differs from the one that was billed."""
    recorded = _recorded(lake)
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


def record_definitions(lake: Path, catalog: Catalog, run_id: str) -> None:
    """Remembers the metrics that a run was the first to publish with; writes nothing when there are none."""
    recorded = _recorded(lake)
    known = len(recorded)
    used = {metric_id for product in catalog.products for metric_id in product.billable_metric_ids}
    for metric in catalog.billable_metrics:
        if metric.id in used and metric.id not in recorded:
            recorded[metric.id] = {"name": metric.name, "definition": metric.definition_hash(), "run_id": run_id}
    if len(recorded) == known:
        return
    staged = lake / f".staged-{_FILE}"
    with staged.open("w", encoding="utf-8") as file:
        json.dump(recorded, file, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    staged.replace(lake / _FILE)
    sync_folders([lake])


def _recorded(lake: Path) -> dict[str, dict[str, str]]:
    try:
        content: dict[str, dict[str, str]] = json.loads((lake / _FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise CorruptFileError(f"{lake / _FILE}: is not the JSON that was written; restore it") from error
    return content
