"""Whether a metric gives the same rows each time: on generated events, in several orders and with several threads.

The compiler completes every order that a metric depends on, so a difference is a fault of duckbill; this finds what
slipped through (`spec/reliability.md` §3.3).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
from sqlglot import exp

from engine.errors import DuckbillError
from engine.executors.connection import EngineSettings, connect
from engine.metrics.meter import compile_meter
from engine.metrics.query import MetricQuery
from engine.metrics.scope import PropertyStore, Scope
from engine.values.numbers import NumberProfile

THREADS = (1, 2, 8)
#: Four of DuckDB's smallest row groups, so that threads have something to share.
EVENTS = 8_192
#: What one run may use, and how one ends that cannot be judged: by these, or by what the metric makes of its values.
_MEMORY, _SECONDS = "256MiB", 60
_NOT_JUDGED = (
    duckdb.InterruptException,
    duckdb.OutOfMemoryException,
    duckdb.InvalidInputException,
    duckdb.OutOfRangeException,
    duckdb.ConversionException,
)
_ROW_GROUP = "ATTACH ':memory:' AS generated (ROW_GROUP_SIZE 2048)"

_START = datetime(2026, 3, 1)
_CUSTOMERS = ("a", "b")
_NUMBERS = ("0", "1", "1.0", "2.5", "-3", "7e2", "+4", "99.25", "x", "", None)
#: What landing would say of a property that holds any of `_NUMBERS` or words.
_PROFILE = NumberProfile(EVENTS, 3, 2, irregular=1, not_numbers=1, in_other=True)

Rows = Counter[tuple[object, ...]]


def check_repeatable(metric: str, query: MetricQuery, keys: Sequence[str], spill: Path) -> bool:
    """Raise DuckbillError when the metric, read by `keys`, gives different rows for the same events.

    False when it cannot be judged, because it fails on the generated events, by dividing by zero say, or needs more
    of time or memory for them than `_SECONDS` and `_MEMORY`.
    """
    roots = {name for path in query.properties for name in (path[0], ".".join(path))}
    scope = Scope(PropertyStore(dict.fromkeys(roots, _PROFILE)))
    compiled = compile_meter(query, keys, scope, EVENTS).sql("duckdb")
    words = sorted({literal.name for literal in query.select.find_all(exp.Literal) if literal.is_string})
    events = generated_events(sorted(roots), words)
    try:
        difference = differing_rows(compiled, events, spill)
    except _NOT_JUDGED:
        return False
    if difference:
        raise DuckbillError(
            f"metric {metric!r} does not give the same rows each time: {difference}. Metrics are compiled to depend on "
            "nothing but the events; please report this one"
        )
    return True


def generated_events(properties: Sequence[str], words: Sequence[str]) -> pa.Table:
    """Events of two customers over three days with many equal timestamps; always the same ones.

    `words` are the texts that the metric compares with, so that its filters find something.
    """
    chance = random.Random(20_260_301)
    values = (*_NUMBERS, *words)
    moments = [_START + timedelta(hours=chance.randrange(72)) for _ in range(EVENTS)]
    bags = [[(name, chance.choice(values)) for name in properties] for _ in range(EVENTS)]
    return pa.table(
        {
            "transaction_id": [f"t{number:05}" for number in range(EVENTS)],
            "customer_id": [chance.choice(_CUSTOMERS) for _ in range(EVENTS)],
            "event_type": [chance.choice((*words, "e")) for _ in range(EVENTS)],
            "timestamp": pa.array(moments, pa.timestamp("us")),
            "ingested_at": pa.array([_START] * EVENTS, pa.timestamp("us")),
            "other_properties": pa.array(bags, pa.map_(pa.string(), pa.string())),
        }
    )


def differing_rows(sql: str, events: pa.Table, spill: Path) -> str | None:
    """How the rows of a compiled metric differ between runs over the same events, or None when they never do."""
    first: Rows | None = None
    shuffled = list(range(events.num_rows))
    for number, threads in enumerate(THREADS):
        random.Random(number).shuffle(shuffled)
        rows = _rows(sql, events.take(pa.array(shuffled)), threads, spill)
        first = rows if first is None else first
        if rows != first:
            return f"with {THREADS[0]} thread {_some(first - rows)}, with {threads} threads {_some(rows - first)}"
    return None


def _some(rows: Rows) -> str:
    return repr(next(iter(sorted(rows, key=repr)), "no such row"))


def _rows(sql: str, events: pa.Table, threads: int, spill: Path) -> Rows:
    connection = connect(EngineSettings(memory_limit=_MEMORY, threads=threads), spill)
    try:
        connection.execute(_ROW_GROUP)
        connection.from_arrow(events).create("generated.event_files")
        for name, table in _windows().items():
            connection.from_arrow(table).create(name)
        connection.execute("CREATE VIEW event_files AS SELECT * FROM generated.event_files")
        connection.execute("SET max_execution_time = ?", [_SECONDS * 1000])
        return Counter(map(_hashable, connection.execute(sql).fetchall()))
    finally:
        connection.close()


def _windows() -> dict[str, pa.Table]:
    bounds = {
        "starting_at": pa.array([_START] * len(_CUSTOMERS), pa.timestamp("us")),
        "ending_before": pa.array([_START + timedelta(days=2)] * len(_CUSTOMERS), pa.timestamp("us")),
    }
    numbers = list(range(len(_CUSTOMERS)))
    return {
        "windows": pa.table({"window_id": numbers, "customer_id": list(_CUSTOMERS), **bounds}),
        "alias_windows": pa.table({"alias": list(_CUSTOMERS), "window_id": numbers, **bounds}),
    }


def _hashable(row: Iterable[object]) -> tuple[object, ...]:
    return tuple(tuple(value) if isinstance(value, list) else value for value in row)
