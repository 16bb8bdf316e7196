"""Runs one metric over a handful of events in memory, without scopes or files: what the metric alone means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files

import duckdb
from sqlglot import exp

from engine.metrics.decimals import lower_numbers
from engine.metrics.properties import property_accesses, property_path, property_table
from engine.metrics.query import MetricQuery
from engine.values.numbers import MAX_SIDE_DIGITS, PLAIN_NUMBER, NumberProfile, plain_text

Row = tuple[object, ...]


@dataclass(frozen=True)
class Event:
    timestamp: datetime
    event_type: str = "e"
    properties: Mapping[str, str] = field(default_factory=dict)
    transaction_id: str = ""


def connection(threads: int = 2) -> duckdb.DuckDBPyConnection:
    found = duckdb.connect(config={"threads": threads})
    for name in ("preamble.sql", "macros.sql"):
        found.execute(files("engine.executors").joinpath(name).read_text(encoding="utf-8"))
    return found


def profiles(events: Sequence[Event]) -> dict[str, NumberProfile]:
    """What landing would have recorded about each property."""
    found: dict[str, NumberProfile] = {}
    for event in events:
        for name, text in event.properties.items():
            plain = plain_text(text)
            whole, _, fraction = (plain or "").lstrip("-").partition(".")
            profile = NumberProfile(
                values=1,
                integer_digits=len(whole),
                fraction_digits=len(fraction),
                irregular=int(plain is not None and PLAIN_NUMBER.fullmatch(text) is None),
                not_numbers=int(plain is None),
                in_struct=True,
            )
            found[name] = found.get(name, NumberProfile()) + profile
    assert all(profile.integer_digits <= MAX_SIDE_DIGITS for profile in found.values())
    return found


def load(con: duckdb.DuckDBPyConnection, events: Sequence[Event], names: Sequence[str]) -> None:
    """The table `events` with a text column for each property."""
    columns = [
        exp.ColumnDef(this=exp.to_identifier(name, quoted=True), kind=exp.DataType.build("VARCHAR")) for name in names
    ]
    con.execute("DROP TABLE IF EXISTS events")
    con.execute(
        "CREATE TABLE events (event_type VARCHAR, timestamp TIMESTAMP, ingested_at TIMESTAMP, transaction_id VARCHAR)"
    )
    for column in columns:
        con.execute(f"ALTER TABLE events ADD COLUMN {column.sql('duckdb')}")
    rows = [
        [e.event_type, e.timestamp, e.timestamp, e.transaction_id or f"t{i:06}", *(e.properties.get(n) for n in names)]
        for i, e in enumerate(events)
    ]
    if rows:
        lists = [list(column) for column in zip(*rows, strict=True)]
        con.execute(f"INSERT INTO events SELECT {', '.join('unnest(?)' for _ in lists)}", lists)


def column_name(path: tuple[str, ...]) -> str:
    return "properties." + ".".join(path)


def compiled(query: MetricQuery, known: Mapping[str, NumberProfile], rows: int = 1000) -> exp.Query:
    """The metric with its numbers lowered and its properties read as columns."""
    tree = lower_numbers(query.select, known, rows).select
    for access in list(property_accesses(tree)):
        path = property_path(access)
        assert path is not None
        access.replace(exp.column(column_name(path), table=property_table(access), quoted=True))
    return tree


def run(con: duckdb.DuckDBPyConnection, query: MetricQuery, events: Sequence[Event]) -> list[Row]:
    """The metric's rows, sorted. Fails when a column is not exact."""
    paths = [column_name(path) for path in query.properties]
    renamed = [
        Event(e.timestamp, e.event_type, {f"properties.{k}": v for k, v in e.properties.items()}, e.transaction_id)
        for e in events
    ]
    load(con, renamed, paths)
    tree = compiled(query, profiles(events), max(len(events), 1))
    sql = tree.sql("duckdb")
    for name, kind, *_ in con.execute("DESCRIBE " + sql).fetchall():
        assert "DOUBLE" not in kind and "FLOAT" not in kind, f"{name} is {kind} in {sql}"
    return sorted(con.execute(sql).fetchall(), key=repr)
