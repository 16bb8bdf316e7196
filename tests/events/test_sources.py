"""Every kind of source lands the same events, and what cannot be read is refused clearly."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import UserError
from engine.events.source import events_source, file_source, stream_source
from tests.events.conftest import Lake

Line = Callable[..., str]
EVENTS: list[dict[str, Any]] = [
    {
        "transaction_id": f"t{n}",
        "customer_id": "c1",
        "event_type": "call",
        "timestamp": "2026-03-19T12:00:00Z",
        "properties": {"n": str(n), "region": "us"},
    }
    for n in range(5)
]


def table(**columns: Any) -> pa.Table:
    names = ("transaction_id", "customer_id", "event_type", "timestamp", "properties")
    made = {name: [event[name] for event in EVENTS] for name in names}
    return pa.table(made | columns)


def check(lake: Lake) -> None:
    assert [event["transaction_id"] for event in lake.events()] == [f"t{n}" for n in range(5)]
    assert [event["sent"] for event in lake.events()] == [event["properties"] for event in EVENTS]
    assert {event["timestamp"] for event in lake.events()} == {datetime(2026, 3, 19, 12)}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("how", ["file", "stream"])
def test_json_array(lake: Lake, tmp_path: Path, indent: int | None, how: str) -> None:
    text = json.dumps(EVENTS, indent=indent).encode()
    path = tmp_path / "events.json"
    path.write_bytes(b"\n " + text + b"\n")
    result = lake.land(file_source(path) if how == "file" else stream_source(io.BytesIO(text), "stdin"))
    assert (result.read, result.accepted) == (5, 5)
    check(lake)


def test_json_array_with_broken_elements(lake: Lake) -> None:
    good = json.dumps(EVENTS[0]).encode()
    text = b'[1, {"a": hex, "b": [","]}, ' + good + b", " + good.replace(b"c1", b"\xff") + b", [[]]]"
    result = lake.land(stream_source(io.BytesIO(text), "stdin"))
    assert (result.accepted, result.reasons) == (1, {"bad_json": 1, "bad_unicode": 1, "not_an_object": 2})


@pytest.mark.parametrize("tail", [b"", b", {", b"] x", b"]]"])
def test_json_array_that_does_not_end(lake: Lake, tail: bytes) -> None:
    text = b"[" + json.dumps(EVENTS[0]).encode() + tail
    with pytest.raises(UserError, match="array"):
        lake.land(stream_source(io.BytesIO(text), "stdin"))
    assert not (lake.folder / "events").exists()


def test_stream_of_lines_is_a_no_op_the_second_time(lake: Lake, line: Line) -> None:
    text = (line("t1") + "\n").encode()
    assert lake.land(stream_source(io.BytesIO(text), "stdin")).accepted == 1
    assert lake.land(stream_source(io.BytesIO(text), "stdin")).already_landed
    assert lake.land(stream_source(io.BytesIO(b"\n\n"), "stdin")).read == 0


def test_dicts(lake: Lake) -> None:
    special = EVENTS[0] | {
        "transaction_id": "t9",
        "timestamp": datetime(2026, 3, 19, 12),
        "properties": {"price": Decimal("1.10"), "n": 5, "f": 0.1},
    }
    assert lake.land(events_source([*EVENTS, special])).accepted == 6
    assert lake.event("t9")["sent"] == {"price": "1.10", "n": "5", "f": "0.1"}
    with pytest.raises(UserError, match="event 2 cannot be written as JSON"):
        lake.land(events_source([EVENTS[0], {"properties": object()}]))


def test_arrow_struct_and_polars(lake: Lake, tmp_path: Path, connection: Any) -> None:
    assert lake.land(events_source(table())).accepted == 5
    check(lake)
    other = Lake(tmp_path / "polars", connection)
    assert other.land(events_source(pl.DataFrame(EVENTS))).accepted == 5
    check(other)


def test_arrow_types(lake: Lake) -> None:
    bags = [[("n", event["properties"]["n"]), ("region", "us")] for event in EVENTS]
    typed = table(
        timestamp=pa.array([datetime(2026, 3, 19, 12)] * 5, pa.timestamp("us")),
        properties=pa.array(bags, pa.map_(pa.string(), pa.string())),
    )
    assert lake.land(events_source(typed)).accepted == 5
    check(lake)


def test_arrow_values_become_canonical_text(lake: Lake) -> None:
    bag = pa.array(
        [{"i": 7, "d": Decimal("1.50"), "b": True, "t": "x"}, None],
        pa.struct([("i", pa.int64()), ("d", pa.decimal128(10, 2)), ("b", pa.bool_()), ("t", pa.string())]),
    )
    zoned = pa.array([datetime(2026, 3, 19, 12)] * 2, pa.timestamp("us", "UTC"))
    sent = table().slice(0, 2).set_column(4, "properties", bag).set_column(3, "timestamp", zoned)
    lake.land(events_source(sent))
    assert [event["sent"] for event in lake.events()] == [{"i": "7", "d": "1.50", "b": "true", "t": "x"}, {}]


def test_arrow_reader_of_json_text(lake: Lake) -> None:
    sent = table(properties=pa.array([json.dumps(event["properties"]) for event in EVENTS]))
    reader = pa.RecordBatchReader.from_batches(sent.schema, sent.to_batches(max_chunksize=2))
    assert lake.land(events_source(reader)).accepted == 5
    check(lake)


def test_rows_obey_the_same_rules_as_lines(lake: Lake) -> None:
    broken = table(customer_id=["c1", "", None, "c1", "c1"], timestamp=[EVENTS[0]["timestamp"]] * 4 + ["soon"])
    result = lake.land(events_source(broken))
    assert (result.accepted, result.reasons) == (2, {"bad_length": 1, "bad_timestamp": 1, "wrong_type": 1})


def test_floats_are_refused(lake: Lake) -> None:
    inexact = table(properties=pa.array([{"price": 0.1}] * 5))
    with pytest.raises(UserError, match=r"'price' is DOUBLE.*cast it to text or DECIMAL"):
        lake.land(events_source(inexact))


def test_a_misspelt_column_is_named(lake: Lake) -> None:
    with pytest.raises(UserError, match="no column 'customer_id'; did you mean 'customerid'"):
        lake.land(events_source(table().rename_columns({"customer_id": "customerid"})))


def test_parquet(lake: Lake, tmp_path: Path) -> None:
    path = tmp_path / "events.bin"
    pq.write_table(table(), path)
    assert lake.land(file_source(path)).accepted == 5
    check(lake)
    assert lake.land(file_source(path)).already_landed
    cut = tmp_path / "cut.parquet"
    cut.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match="truncated"):
        file_source(cut)
    content = path.read_bytes()
    cut.write_bytes(content[:4] + content[200:])
    with pytest.raises(UserError, match="Parquet"):
        lake.land(file_source(cut))


def test_files_that_are_no_events(tmp_path: Path) -> None:
    empty, packed = tmp_path / "empty.ndjson", tmp_path / "packed.ndjson"
    empty.touch()
    packed.write_bytes(gzip.compress(b"{}"))
    for path, what in ((empty, "empty"), (packed, "gzip"), (tmp_path, "folder"), (tmp_path / "none", "no such file")):
        with pytest.raises(UserError, match=what):
            file_source(path)
