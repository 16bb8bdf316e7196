"""A JSON array of events, element by element: each element's own text, whatever it holds."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from collections.abc import Iterator
from json.decoder import JSONDecoder

import pyarrow as pa

from engine.errors import UserError
from engine.events.lines import CHUNK_BYTES, MAX_LINE_BYTES, LineChunk, Readable, line_table
from engine.events.refusal import Refusal, refuse_bytes

_BLANK = re.compile(r"[ \t\r\n]*")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|["\[\]{},]', re.DOTALL)
_DECODER = JSONDecoder()


def read_array(stream: Readable, name: str, chunk_bytes: int = CHUNK_BYTES) -> Iterator[LineChunk]:
    """Every element, numbered from 1; raises UserError when the array itself is cut short or has a tail.

    Bytes that are not UTF-8 are carried through as surrogates and refused with the element they are in.
    """
    decode = getincrementaldecoder("utf-8")("surrogateescape").decode
    scan = _ArrayScan(name)
    bytes_read = 0
    while block := stream.read(chunk_bytes):
        bytes_read += len(block)
        yield _chunk(scan.feed(decode(block), final=False), bytes_read)
    yield _chunk(scan.feed(decode(b"", True), final=True), bytes_read)


class _ArrayScan:
    """Finds where elements start and end; keeps at most one unfinished element between feeds."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._held = ""
        self._count = 0
        self._opened = self._closed = False

    def feed(self, text: str, *, final: bool) -> list[tuple[int, str]]:
        text = self._held + text
        at = 0
        found: list[tuple[int, str]] = []
        while True:
            start = self._next_element(text, at)
            if start is None:
                self._held = ""
                break
            end = _element_end(text, start)
            if end is None:
                self._held = text[start:]
                break
            self._count += 1
            found.append((self._count, text[start:end]))
            at = end
        if final and (self._held or not self._closed):
            raise UserError(f"{self._name}: the JSON array is cut short after {self._count} elements; export it again")
        if len(self._held) > CHUNK_BYTES:
            raise UserError(
                f"{self._name}: element {self._count + 1} of the JSON array does not end; "
                "send one event a line (NDJSON) to have such lines reported singly"
            )
        return found

    def _next_element(self, text: str, at: int) -> int | None:
        """Where the next element starts: past blanks, the opening bracket and one comma."""
        at = _skip(text, at)
        if at < len(text) and not self._opened and text[at] == "[":
            self._opened, at = True, _skip(text, at + 1)
        elif at < len(text) and self._count and not self._closed and text[at] == ",":
            at = _skip(text, at + 1)
        if at < len(text) and text[at] == "]" and not self._closed:
            self._closed, at = True, _skip(text, at + 1)
        if at == len(text):
            return None
        if self._closed:
            raise UserError(f"{self._name}: there is text after the end of the JSON array")
        return at


def _element_end(text: str, start: int) -> int | None:
    """Where the element ends, or None when the text ends first: a comma or bracket must follow to be sure."""
    try:
        end = _DECODER.raw_decode(text, start)[1]
        at = _skip(text, end)
        if at < len(text) and text[at] in ",]":
            return end
    except (ValueError, RecursionError):
        pass
    depth = 0
    for token in _TOKEN.finditer(text, start):
        mark = token[0]
        if depth == 0 and mark in {",", "]", "}"}:
            return len(text[start : token.start()].rstrip(" \t\r\n")) + start
        if mark == '"':
            return None
        depth += (mark in {"[", "{"}) - (mark in {"]", "}"})
    return None


def _skip(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at


def _chunk(elements: list[tuple[int, str]], bytes_read: int) -> LineChunk:
    kept: list[tuple[int, str]] = []
    refused: list[Refusal] = []
    for number, text in elements:
        body = text.encode("utf-8", "surrogateescape") if not text.isascii() else b""
        if len(text) > MAX_LINE_BYTES or len(body) > MAX_LINE_BYTES:
            reason = refuse_bytes(number, "too_large", f"longer than {MAX_LINE_BYTES} bytes", body or text.encode())
            refused.append(reason)
        elif body and not _is_utf8(body):
            refused.append(refuse_bytes(number, "bad_unicode", "not UTF-8", body))
        else:
            kept.append((number, text))
    table = line_table(
        pa.array([number for number, _ in kept], pa.int64()), pa.array([text for _, text in kept], pa.string())
    )
    return LineChunk(table, tuple(refused), bytes_read)


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
