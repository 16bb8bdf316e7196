"""What the landing tests share: a connection as the engine makes it, a clock, and one way to land and read back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from engine.events.land import LandingLimits, LandingResult, land
from engine.events.source import Source, file_source
from engine.events.table import EventSnapshot, EventTable

NOW = datetime(2026, 3, 20)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    made = duckdb.connect()
    made.execute("SET TimeZone='UTC'")
    made.execute("SET memory_limit='4GB'")
    made.execute("SET threads=2")
    made.execute("SET temp_directory=?", [str(tmp_path / "spill")])
    yield made
    made.close()


@dataclass
class Lake:
    """A lake folder and the connection to land with."""

    folder: Path
    connection: duckdb.DuckDBPyConnection

    def land(self, source: Source, now: datetime = NOW, limits: LandingLimits | None = None) -> LandingResult:
        return land(self.folder, source, now=now, limits=limits or LandingLimits(), connection=self.connection)

    def land_lines(
        self, *lines: str | bytes, now: datetime = NOW, limits: LandingLimits | None = None
    ) -> LandingResult:
        path = self.folder.parent / "sent.ndjson"
        path.write_bytes(b"".join(line if isinstance(line, bytes) else line.encode() + b"\n" for line in lines))
        return self.land(file_source(path), now, limits)

    def snapshot(self) -> EventSnapshot:
        snapshot = EventTable(self.folder).snapshot()
        assert snapshot is not None
        return snapshot

    def events(self) -> list[dict[str, Any]]:
        """Every landed event by transaction_id; `sent` merges struct and other properties, NULLs left out."""
        files = [str(file.path) for file in self.snapshot().files]
        if not files:
            return []
        query = """
            SELECT transaction_id, customer_id, event_type, timestamp, properties, other_properties, batch_id
            FROM read_parquet($files, union_by_name = true, hive_partitioning = false)
            ORDER BY transaction_id, ingested_at
        """
        found = self.connection.execute(query, {"files": files})
        names = [column[0] for column in found.description or []]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        for row in rows:
            fields = {name: text for name, text in (row["properties"] or {}).items() if text is not None}
            row["sent"] = fields | (row["other_properties"] or {})
        return rows

    def event(self, transaction_id: str) -> dict[str, Any]:
        (found,) = (event for event in self.events() if event["transaction_id"] == transaction_id)
        return found


@pytest.fixture
def lake(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> Lake:
    return Lake(tmp_path / "lake", connection)


@pytest.fixture
def line() -> Callable[..., str]:
    """Makes the line of an acceptable event; keyword arguments replace its fields."""

    def make(transaction_id: str = "t1", properties: Mapping[str, object] | None = None, **fields: object) -> str:
        event = {
            "transaction_id": transaction_id,
            "customer_id": "c1",
            "event_type": "call",
            "timestamp": "2026-03-19T12:00:00Z",
            "properties": {} if properties is None else properties,
        }
        return json.dumps(event | fields)

    return make
