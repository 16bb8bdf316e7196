"""Checking a workspace's catalog and SQL metrics without reading any event."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.catalog.load import read_catalog_with_notes
from engine.catalog.notes import many_group_keys, unsaid_granularity
from engine.config import Config
from engine.errors import Problem
from engine.metrics.check import check_metrics


@dataclass(frozen=True, slots=True)
class Validation:
    """`problems` are wrong, and nothing runs with them; `notes` are right and may still not be what is meant.

    Both are sorted by file and place.
    """

    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...]


def validation_of(root: Path, config: Config, *, strict: bool) -> Validation:
    """What is to be said of the catalog and the SQL metrics of the workspace at `root`.

    With `strict`, or when the configuration says so, also what goes beyond Metronome. A granularity that the
    configuration sets for all products need not be said by each.
    """
    strict = strict or config.metering.strict
    asked = [many_group_keys] if strict else []
    if "sql_breakdown_granularity" not in config.metering.model_fields_set:
        asked.append(unsaid_granularity)
    catalog, problems, notes = read_catalog_with_notes(root, asked)
    found = check_metrics(catalog, strict) if catalog is not None else ()
    return Validation(tuple(sorted({*problems, *found})), notes)
