"""Input made to exhaust memory or time: both stay bounded, the verdict is right, and the neighbours land."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.faults.bombs import (
    MIB,
    Blast,
    between_neighbours,
    blast_file,
    blast_stream,
    filling,
    first,
    good,
    short_names,
)

pytestmark = pytest.mark.long

#: What a landing may grow by beyond an idle process: what the database may use, and three chunks in the making.
BOUND_MIB = 600
BOUND_SECONDS = 20

ESCAPES = "\\u0041" * 170_000


def line_of(part: bytes, size: int) -> Iterator[bytes]:
    return between_neighbours(filling(part, size))


def one_line(line: bytes) -> Iterator[bytes]:
    return between_neighbours(line)


def number_line(digits: int) -> Iterator[bytes]:
    return between_neighbours(good(3, f'{{"n":{"7" * digits}}}'))


def many_keys(same: bool, number: int) -> Iterator[bytes]:
    names = ["a"] * number if same else first(number, short_names())
    return between_neighbours(good(3, "{" + ",".join(f'"{name}":1' for name in names) + "}"))


def spread_names(at_top: bool, lines: int) -> Iterator[bytes]:
    names = short_names()
    for number in range(lines):
        members = ",".join(f'"{name}":1' for name in first(50, names))
        yield (good(number, more="," + members) if at_top else good(number, f"{{{members}}}")) + b"\n"


def short_lines(line: bytes, lines: int) -> Iterator[bytes]:
    return chain([good(1), b"\n"], (line * 1000 for _ in range(lines // 1000)), [good(2)])


def array_with_one_huge(part: bytes, size: int) -> Iterator[bytes]:
    element = chain([b'"'], filling(part, size), [b'"'])
    return chain([b"["], between_neighbours(element, comma=b","), [b"]"])


def array_of_many(element: bytes, number: int) -> Iterator[bytes]:
    elements = chain(((element + b",") * 1000 for _ in range(number // 1000)), [element])
    return chain([b"["], between_neighbours(elements, comma=b","), [b"]"])


def lists_of_lists(lines: int) -> Iterator[bytes]:
    return (good(number, f'{{"a":[{",".join(["[]"] * 300_000)}]}}') + b"\n" for number in range(lines))


def check(blast: Blast, accepted: int, **reasons: int) -> None:
    print(blast)
    assert blast.result is not None, blast.error
    assert (blast.result.accepted, blast.result.reasons) == (accepted, reasons)
    assert blast.grown_mib < BOUND_MIB and blast.cpu_seconds < BOUND_SECONDS, blast


HUGE = 256 * MIB
BOMBS: list[tuple[str, Callable[..., Iterator[bytes]], tuple[object, ...], int, dict[str, int]]] = [
    ("a line of 256 MiB", line_of, (b"x", HUGE), 2, {"too_large": 1}),
    ("a line of open brackets", line_of, (b"[", HUGE), 2, {"too_large": 1}),
    ("a number of 100 MB", line_of, (b"7", 100 * MIB), 2, {"too_large": 1}),
    ("a number of a million digits", number_line, (1_000_000,), 3, {}),
    ("nesting of a million lists", one_line, (b"[" * 1_000_000,), 2, {"bad_json": 1}),
    ("nesting of objects", one_line, (b'{"a":' * 200_000,), 2, {"bad_json": 1}),
    ("exponents", one_line, (good(3, '{"n":1e1000000000,"m":[-1e-1000000000]}'),), 3, {}),
    ("a million duplicate keys", many_keys, (True, 1_000_000), 2, {"too_large": 1}),
    ("the most duplicate keys that fit", many_keys, (True, 170_000), 2, {"duplicate_key": 1}),
    ("a hundred thousand properties", many_keys, (False, 100_000), 2, {"too_many_properties": 1}),
    ("a hundred thousand unknown fields", spread_names, (True, 2_000), 2_000, {}),
    ("a hundred thousand names in as many events", spread_names, (False, 2_000), 2_000, {}),
    ("a line of escapes", one_line, (good(3, f'{{"a":"{ESCAPES}"}}'),), 3, {}),
    ("lists of lists", lists_of_lists, (8,), 8, {}),
    ("short lines", short_lines, (b"1\n", 600_000), 2, {"not_an_object": 600_000}),
    ("blank lines", short_lines, (b"\n", 8_000_000), 2, {}),
    ("an array with one element of 256 MiB", array_with_one_huge, (b"x", HUGE), 2, {"too_large": 1}),
    ("an array of short elements", array_of_many, (b"1", 600_000), 2, {"not_an_object": 600_001}),
]


@pytest.mark.parametrize(
    ("make", "arguments", "accepted", "reasons"), [bomb[1:] for bomb in BOMBS], ids=[b[0] for b in BOMBS]
)
def test_a_bomb_among_lines_or_elements(
    make: Callable[..., Iterator[bytes]],
    arguments: tuple[object, ...],
    accepted: int,
    reasons: dict[str, int],
    tmp_path: Path,
) -> None:
    check(blast_stream(tmp_path, make, *arguments), accepted, **reasons)


def test_brackets_that_are_never_closed_in_an_array(tmp_path: Path) -> None:
    """What stands after them is in the same element: nobody can say where the array ends, and nothing lands."""
    blast = blast_stream(tmp_path, array_with_one_huge, b'"[[[",{[', 16 * MIB)
    assert "the JSON array is cut short" in blast.error, blast
    assert blast.grown_mib < BOUND_MIB and blast.cpu_seconds < BOUND_SECONDS, blast


@pytest.mark.slow
def test_a_line_of_a_gibibyte(tmp_path: Path) -> None:
    check(blast_stream(tmp_path, line_of, b"x", 1024 * MIB), 2, too_large=1)


def columns(rows: int) -> dict[str, pa.Array]:
    made = {"transaction_id": pa.array([f"t{n}" for n in range(rows)])}
    made |= {name: pa.array(["c1"] * rows) for name in ("customer_id", "event_type")}
    return made | {"timestamp": pa.array(["2026-03-19T12:00:00Z"] * rows)}


def repeated(value: str, rows: int) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array([value]))


@pytest.mark.parametrize("fits", [False, True])
def test_a_dictionary_of_one_huge_value(tmp_path: Path, fits: bool) -> None:
    rows = 50 if fits else 1_000
    text = repeated("v" * (900_000 if fits else 8 * MIB), rows)
    path = tmp_path / "bomb.parquet"
    pq.write_table(pa.table({**columns(rows), "extra": text}), path)
    assert path.stat().st_size < MIB
    check(blast_file(tmp_path, path), rows) if fits else check(blast_file(tmp_path, path), 0, too_large=rows)


def test_a_schema_nested_deep(tmp_path: Path) -> None:
    nested: pa.DataType = pa.string()
    for _ in range(60):
        nested = pa.struct([("a", nested)])
    path = tmp_path / "bomb.parquet"
    pq.write_table(pa.table({**columns(1), "properties": pa.array([None], nested)}), path)
    blast = blast_file(tmp_path, path)
    assert "cast it to text" in blast.error and len(blast.error) < 2_000 and blast.grown_mib < BOUND_MIB, blast


@pytest.mark.parametrize("place", range(12))
def test_a_parquet_file_with_wrong_sizes(tmp_path: Path, place: int) -> None:
    path = tmp_path / "bomb.parquet"
    pq.write_table(pa.table({**columns(50), "properties": pa.array(["{}"] * 50)}), path)
    content = bytearray(path.read_bytes())
    footer = int.from_bytes(content[-8:-4], "little")
    at = len(content) - 8 - footer + place * 19 if place else len(content) - 8
    content[at : at + 4] = b"\xff\xff\xff\x7f"
    path.write_bytes(content)
    blast = blast_file(tmp_path, path)
    print(blast)
    assert blast.grown_mib < BOUND_MIB and blast.cpu_seconds < BOUND_SECONDS, blast
    assert (blast.result is None) == bool(blast.error)
