"""The workspace that is examined: what checks ask about it, each part read when it is first asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa

from engine.config import Config, EngineSection, load_config
from engine.errors import CatalogError, UserError
from engine.events.delta_check import open_checked
from engine.events.table import NOTHING_LANDED, EventSnapshot, EventTable
from engine.invoices.publish import Outputs
from engine.stored_versions import tables_of


@dataclass(frozen=True)
class Patient:
    """A workspace folder, at an instant (naive UTC); with `full`, no cost is spared.

    Nothing is read before a check asks, so that what is broken fails that check alone.
    """

    root: Path
    now: datetime
    full: bool

    def check_is_workspace(self) -> None:
        """Raises UserError when the folder is no workspace; one whose configuration is wrong is."""
        try:
            load_config(self.root)
        except CatalogError:
            return

    @property
    def lake(self) -> Path:
        return self.root / "lake"

    @cached_property
    def config(self) -> Config:
        """The configuration; raises CatalogError when it is wrong."""
        return load_config(self.root)

    @property
    def engine(self) -> EngineSection:
        """What the configuration lets the database use; where it cannot be read, what it would be by itself."""
        try:
            return self.config.engine
        except UserError:
            return EngineSection()

    def tables(self) -> list[Path]:
        """The folders of the Delta tables of the lake, by name."""
        return tables_of(self.lake)

    @cached_property
    def events(self) -> EventSnapshot:
        """The events as they are now; raises CorruptFileError when the table is damaged."""
        return EventTable(self.lake).snapshot() or NOTHING_LANDED

    def event_bytes_by_month(self) -> dict[str, tuple[int, int]]:
        """How many files and bytes of events there are, by month."""
        found: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
        for file in self.events.files:
            month = f"{file.date:%Y-%m}"
            files, size = found[month]
            found[month] = files + 1, size + file.bytes
        return dict(found)

    @cached_property
    def published_runs(self) -> dict[str, str]:
        """The id of the run that stands, by billing period."""
        return Outputs(self.lake).published_runs()

    def run_folder(self, run_id: str) -> Path:
        return self.root / "runs" / run_id


def committed_sizes(table: Path) -> Iterator[tuple[Path, int]]:
    """The files that a Delta table is made of, and the bytes that each had when it was committed."""
    delta = open_checked(table)
    if delta is None:
        return
    actions = pa.table(delta.get_add_actions(flatten=False)).select(["path", "size_bytes"]).to_pylist()
    for action in actions:
        yield table / unquote(action["path"]), action["size_bytes"]
