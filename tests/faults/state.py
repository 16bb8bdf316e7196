"""What a workspace tells whoever asks, by content: the measure of whether two workspaces stand alike."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from engine.billing import OUTPUTS
from engine.events.rejected import rejected_events
from engine.events.table import EventTable
from engine.invoices.publish import Outputs


@dataclass(frozen=True, slots=True)
class State:
    """The event files with their rows, the refused lines, and of each published run its manifest and its outputs."""

    events: tuple[tuple[str, int], ...]
    refused: int
    published: tuple[tuple[str, ...], ...]


def state_of(root: Path) -> State:
    """How a workspace stands; every file of an output is read and checked on the way."""
    lake = root / "lake"
    snapshot, outputs = EventTable(lake).snapshot(), Outputs(lake)
    published = []
    for label, run_id in outputs.published_runs().items():
        manifest = (root / "runs" / run_id / "manifest.json").read_text(encoding="utf-8")
        tables = [str(outputs.published(name, label).to_pylist()) for name in OUTPUTS]
        published.append((label, *(hashlib.sha256(each.encode()).hexdigest() for each in (manifest, *tables))))
    return State(
        () if snapshot is None else tuple((file.path.name, file.rows) for file in snapshot.files),
        rejected_events(lake).num_rows if lake.exists() else 0,
        tuple(published),
    )
