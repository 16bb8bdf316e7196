"""What can be landed: files, streams and events in memory, each as a source of events."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import polars as pl
import pyarrow as pa

from engine.events.source import Source, events_source, file_source, stream_source

#: What `Workspace.land` takes: a file, a source, or events in memory.
Landable: TypeAlias = (
    "Path | str | Source | Iterable[Mapping[str, object]] | pa.Table | pa.RecordBatchReader | pl.DataFrame"
)


def source_of(events: Landable) -> Source:
    """A source of what a caller gave; raises UserError for a file that cannot be read."""
    if isinstance(events, Path | str):
        return file_source(Path(events))
    if hasattr(events, "chunks"):
        return events  # type: ignore[return-value]
    return events_source(events)


def named_sources(files: Sequence[str]) -> list[Source]:
    """A source for each file, `-` being standard input; raises UserError for the first that cannot be read."""
    return [stream_source(sys.stdin.buffer, "<stdin>") if name == "-" else file_source(Path(name)) for name in files]
