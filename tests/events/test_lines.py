"""Lines are found whatever the chunk size, and held only up to the limit."""

from __future__ import annotations

import io

import pytest

from engine.events.json_array import read_array
from engine.events.lines import MAX_LINE_BYTES, read_lines
from engine.events.refusal import KEPT_BYTES, Refusal

LONG = b"x" * (MAX_LINE_BYTES + 1)


def read(content: bytes, chunk_bytes: int) -> tuple[dict[int, str], list[Refusal]]:
    lines: dict[int, str] = {}
    refused: list[Refusal] = []
    for chunk in read_lines(io.BytesIO(content), chunk_bytes):
        for row in chunk.lines.to_pylist():
            lines[row["line_no"]] = row["line"].rstrip("\r\n")
        refused.extend(chunk.refused)
    return lines, refused


@pytest.mark.parametrize("chunk_bytes", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_small_chunks(chunk_bytes: int, end: bytes) -> None:
    lines, refused = read("one\r\n\nthrée\nfour".encode() + b"\n\xff\xfe\nsix" + end, chunk_bytes)
    assert lines == {1: "one", 2: "", 3: "thrée", 4: "four", 6: "six"}
    assert [(found.line_no, found.reason, found.content) for found in refused] == [(5, "bad_unicode", "//4=")]


@pytest.mark.parametrize("chunk_bytes", [64 * 1024, 3 * MAX_LINE_BYTES])
@pytest.mark.parametrize("tail", [b"\nafter\n", b"\r\nafter", b""])
def test_a_line_over_the_limit_is_dropped_as_it_is_read(chunk_bytes: int, tail: bytes) -> None:
    longest = LONG[1:]
    lines, refused = read(longest + b"\nbefore\n" + LONG * 4 + tail, chunk_bytes)
    assert lines == {1: longest.decode(), 2: "before"} | ({4: "after"} if tail else {})
    assert [(found.line_no, found.reason, len(found.content)) for found in refused] == [(3, "too_large", KEPT_BYTES)]


@pytest.mark.parametrize("chunk_bytes", [1, 2, 3, 5, 1000])
def test_array_elements_across_chunks(chunk_bytes: int) -> None:
    text = '[ {"a": "]},\\"é"} , 12,[1, [2]],"x"\n]\n'
    chunks = list(read_array(io.BytesIO(text.encode()), "array", chunk_bytes))
    found = [row["line"] for chunk in chunks for row in chunk.lines.to_pylist()]
    assert found == ['{"a": "]},\\"é"}', "12", "[1, [2]]", '"x"']
