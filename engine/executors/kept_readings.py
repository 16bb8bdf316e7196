"""Readings kept from one bill to another, so that the same usage is not metered twice.

What a meter makes of a window is a function of the metric, the keys, the customer's events in the window and nothing
else. So each answer is kept under a name made of all of that (`window_keys.sql`, `meter_keys`), and whoever asks the
same is given it: a price may change, a contract be cut elsewhere, a customer be added, and only windows that nobody has
asked for before are read. Files are named by their content, and may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pyarrow as pa
from sqlglot import exp

from engine.events.files import content_name, make_folder, move_into_place
from engine.events.table import EventSnapshot
from engine.events.verify import holds_its_name
from engine.executors.duckdb import DuckDBExecutor
from engine.executors.fixed_sql import fixed_query, fixed_sql
from engine.executors.parquet import copy_to_parquet
from engine.metrics.meter import Meter
from engine.version import VERSION

#: Where a workspace keeps them.
FOLDER = Path("cache", "readings")


@dataclass(frozen=True)
class KeptReadings:
    """A folder of kept readings, one file a billing period, and what a bill does with it.

    With `looks`, what is known is not read again. With `keeps`, what the bill has read is kept for others: besides what
    is there when it looks, in its place when it does not.
    """

    folder: Path
    looks: bool = False
    keeps: bool = False

    def opened(self, executor: DuckDBExecutor, label: str, events: EventSnapshot, as_of: datetime | None) -> Keeping:
        """The readings of a billing period, for a bill over these events."""
        return Keeping(self, executor, label, events, as_of)

    def files(self, label: str) -> list[Path]:
        """The files of a billing period; more than one only where somebody was interrupted."""
        return sorted(self.folder.glob(f"{label}.*.parquet"))


@dataclass(frozen=True, slots=True)
class LookedUp:
    """How many whole windows of a reading are known, and how many are to be read; one, where nobody looks."""

    known: int
    to_read: int


class Keeping:
    """The kept readings of one billing period, on the connection of one bill."""

    def __init__(
        self,
        kept: KeptReadings,
        executor: DuckDBExecutor,
        label: str,
        events: EventSnapshot,
        as_of: datetime | None,
    ) -> None:
        self._kept, self._executor, self._label, self._as_of = kept, executor, label, as_of
        self._windows_no = 0
        executor.load("event_days", _event_days(events))
        connection = executor.connection
        connection.execute("CREATE TEMP TABLE all_window_keys (windows_no INTEGER, window_id BIGINT, window_key UUID)")
        connection.execute("CREATE TEMP TABLE read_meters (meter_key UUID, meter_id INTEGER, windows_no INTEGER)")
        connection.execute(
            "CREATE TEMP TABLE kept_before (meter_key UUID, window_key UUID, key_values VARCHAR[], value HUGEINT)"
        )
        # A file that is not what was written is as good as none.
        found = [path for path in kept.files(label) if kept.looks and holds_its_name(path)]
        if found:
            # Parquet has no whole numbers of 39 digits, so they are kept as text.
            read = "INSERT INTO kept_before SELECT * REPLACE (value::HUGEINT AS value) FROM read_parquet($path)"
            connection.execute(read, {"path": str(found[-1])})
        before = exp.select("*").from_("kept_before")
        executor.create("kept_windows", exp.select("meter_key", "window_key").distinct().from_("kept_before"))
        executor.create("kept_values", before.where("key_values IS NOT NULL"))

    def name_windows(self, *, whole: bool) -> None:
        """Names the windows in `wanted_windows`; with `whole`, they are parts of the windows of statement periods."""
        connection, named = self._executor.connection, fixed_sql(__package__, "window_keys")
        asked = {"whole": whole, "as_of": self._as_of}
        connection.execute("CREATE OR REPLACE TEMP TABLE window_keys AS " + named, asked)
        self._windows_no += 1
        connection.execute(
            "INSERT INTO all_window_keys SELECT $windows_no, window_id, window_key FROM window_keys",
            {"windows_no": self._windows_no},
        )

    def look_up(self, meters: Sequence[Meter], places: Mapping[int, int]) -> LookedUp:
        """Makes `known_wholes`, the windows of which everything is known that these meters ask.

        A meter's name is made of the metric's own query, its keys and the unit of its values.
        """
        connection = self._executor.connection
        connection.execute("CREATE OR REPLACE TEMP TABLE reading_meters (meter_key UUID, meter_id INTEGER)")
        connection.executemany(
            "INSERT INTO reading_meters VALUES ($meter_key, $meter_id)",
            [{"meter_key": _meter_key(meter, places[meter.meter_id]), "meter_id": meter.meter_id} for meter in meters],
        )
        if not self._kept.looks:
            return LookedUp(0, 1)
        self._executor.create("known_wholes", fixed_query(__package__, "known_wholes"))
        known = self._executor.count("known_wholes")
        ((wholes,),) = connection.execute("SELECT count(DISTINCT whole_id) FROM window_keys").fetchall()
        return LookedUp(known, wholes - known)

    def answer(self) -> None:
        """Adds what is known to `metered`, and remembers that the reading's meters have all their windows now."""
        connection = self._executor.connection
        if self._kept.looks:
            connection.execute("INSERT INTO metered " + fixed_sql(__package__, "known_values"))
        done = "INSERT INTO read_meters SELECT meter_key, meter_id, $windows_no FROM reading_meters"
        connection.execute(done, {"windows_no": self._windows_no})

    def store(self) -> None:
        """Writes what was metered, where that is wanted and anything is new."""
        if not self._kept.keeps:
            return
        self._executor.create("kept_now", fixed_query(__package__, "kept_now"))
        self._executor.create("kept_file", fixed_query(__package__, "kept_file"))
        before = self._kept.files(self._label)
        if self._executor.count("kept_file"):
            written = self._write()
            before = [path for path in before if path != written]
        for path in before:
            path.unlink(missing_ok=True)

    def _write(self) -> Path:
        folder = self._kept.folder
        make_folder(folder)
        staged = folder / f".staged-{self._label}.{id(self)}.parquet"
        copy_to_parquet(self._executor.connection, "kept_file", staged)
        target = folder / f"{self._label}.{content_name(staged)}.parquet"
        move_into_place(staged, target)
        return target


def _meter_key(meter: Meter, places: int) -> UUID:
    parts = [VERSION, meter.query.select.sql("duckdb"), meter.query.value_column, meter.keys, places]
    return UUID(hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32])


def _event_days(events: EventSnapshot) -> pa.Table:
    """What the events of each day are, by the content of their files. Grain: day."""
    days: dict[object, list[str]] = {}
    for file in events.files:
        days.setdefault(file.date, []).append(file.sha256)
    return pa.table(
        {
            "day": pa.array(days, pa.date32()),
            "content": pa.array([",".join(sorted(each)) for each in days.values()], pa.string()),
        }
    )
