"""A JSON array of events, element by element: each element's own text, whatever it holds."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from collections.abc import Iterator
from json.decoder import JSONDecoder
from typing import Literal

import pyarrow as pa

from engine.errors import UserError
from engine.events.lines import CHUNK_BYTES, CHUNK_LINES, MAX_LINE_BYTES, LineChunk, Readable, line_table
from engine.events.refusal import Refusal, refuse_bytes

#: Bytes looked at together: what Python makes of so many while it looks for the end of an element stays small.
_BLOCK_BYTES = 1024 * 1024

_BLANK = re.compile(r"[ \t\r\n]*+")
_MARK = re.compile(r"[\[\]{},]")
_OUTSIDE_STRINGS = re.compile(r'[^"]*+')
_INSIDE_STRING = re.compile(r'(?:[^"\\]++|\\.)*+', re.DOTALL)
_DECODER = JSONDecoder()


def read_array(stream: Readable, name: str, chunk_bytes: int = CHUNK_BYTES) -> Iterator[LineChunk]:
    """Every element, numbered from 1; raises UserError when the array itself is cut short or has a tail.

    Bytes that are not UTF-8 are carried through as surrogates and refused with the element they are in. What an
    element needs beyond the longest event is not held.
    """
    decode = getincrementaldecoder("utf-8")("surrogateescape").decode
    scan = _ArrayScan(name)
    found: list[tuple[int, str]] = []
    bytes_read = bytes_found = 0
    while block := stream.read(min(chunk_bytes, _BLOCK_BYTES)):
        bytes_read += len(block)
        bytes_found += len(block)
        found += scan.feed(decode(block))
        if bytes_found >= chunk_bytes or len(found) >= CHUNK_LINES:
            yield _chunk(found, bytes_read)
            found, bytes_found = [], 0
    found += scan.feed(decode(b"", True))
    scan.finish()
    yield _chunk(found, bytes_read)


class _ArrayScan:
    """Finds where elements start and end; keeps at most one unfinished element between feeds."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._held = ""
        self._count = 0
        #: What comes next: the opening bracket, an element or the closing bracket, an element, a comma or bracket.
        self._next: Literal["[", "element]", "element", ",]", "nothing"] = "["
        #: Where the scan of an element stands that is longer than what is held of it.
        self._endless: _EndScan | None = None

    def feed(self, text: str) -> list[tuple[int, str]]:
        """The elements that end in this text, with their numbers."""
        found: list[tuple[int, str]] = []
        at: int | None = 0
        if self._endless is None:
            text = self._held + text
            self._held = ""
        else:
            at = self._endless.end(text, 0)
            if at is not None:
                found.append(self._ended(self._held))
                self._held, self._endless = "", None
        while at is not None:
            start = self._next_element(text, at)
            if start is None:
                break
            scan = _EndScan()
            at = _decoded_end(text, start) or scan.end(text, start)
            if at is not None:
                found.append(self._ended(text[start:at].rstrip(" \t\r\n")))
            elif len(text) - start <= MAX_LINE_BYTES:
                self._held = text[start:]
            else:
                self._held, self._endless = text[start : start + MAX_LINE_BYTES + 1], scan
        return found

    def finish(self) -> None:
        """Raises UserError when the array has not ended."""
        if self._next != "nothing":
            raise UserError(f"{self._name}: the JSON array is cut short after {self._count} elements; export it again")

    def _ended(self, element: str) -> tuple[int, str]:
        self._count += 1
        self._next = ",]"
        return self._count, element

    def _next_element(self, text: str, at: int) -> int | None:
        """Where the next element starts, be it empty; None when the text or the array ends before."""
        while (at := _skip(text, at)) < len(text):
            mark = text[at]
            if self._next == "[" and mark == "[":
                self._next = "element]"
            elif self._next == ",]" and mark == ",":
                self._next = "element"
            elif self._next in {",]", "element]"} and mark == "]":
                self._next = "nothing"
            elif self._next == "nothing":
                raise UserError(f"{self._name}: there is text after the end of the JSON array")
            else:
                return at
            at += 1
        return None


def _decoded_end(text: str, start: int) -> int | None:
    """Where an element of good JSON ends; None when it is not that, or a comma or bracket does not follow yet."""
    try:
        end = _DECODER.raw_decode(text, start)[1]
    except (ValueError, RecursionError):
        return None
    at = _skip(text, end)
    return at if at < len(text) and text[at] in ",]" else None


class _EndScan:
    """Looks for the comma or bracket after an element, JSON or not, in a text that may come in pieces."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = self._escaped = False

    def end(self, text: str, at: int) -> int | None:
        """Where the element ends that began before or at this place; None when the text ends first."""
        if self._escaped:
            self._escaped = False
            at += 1
        while at < len(text):
            if self._in_string:
                at = _matched_end(_INSIDE_STRING, text, at)
                if at == len(text) - 1 and text[at] == "\\":
                    self._escaped = True
                    return None
                self._in_string = at == len(text)
                at += 1
                continue
            stop = _matched_end(_OUTSIDE_STRINGS, text, at)
            found = self._outside(text, at, stop)
            if found is not None:
                return found
            self._in_string = stop < len(text)
            at = stop + 1
        return None

    def _outside(self, text: str, at: int, stop: int) -> int | None:
        closed = text.count("]", at, stop) + text.count("}", at, stop)
        if closed < self._depth:
            # It cannot end here, whatever the order.
            self._depth += text.count("[", at, stop) + text.count("{", at, stop) - closed
            return None
        for mark in _MARK.finditer(text, at, stop):
            if mark[0] in "[{":
                self._depth += 1
            elif self._depth == 0 and mark[0] in ",]":
                return mark.start()
            elif self._depth and mark[0] in "]}":
                self._depth -= 1
        return None


def _skip(text: str, at: int) -> int:
    return _matched_end(_BLANK, text, at)


def _matched_end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _chunk(elements: list[tuple[int, str]], bytes_read: int) -> LineChunk:
    numbers: list[int] = []
    texts: list[str] = []
    refused: list[Refusal] = []
    for number, text in elements:
        body = text.encode("utf-8", "surrogateescape") if not text.isascii() else b""
        if not text:
            refused.append(refuse_bytes(number, "bad_json", "nothing stands where an element should", b""))
        elif len(text) > MAX_LINE_BYTES or len(body) > MAX_LINE_BYTES:
            reason = refuse_bytes(number, "too_large", f"longer than {MAX_LINE_BYTES} bytes", body or text.encode())
            refused.append(reason)
        elif body and not _is_utf8(body):
            refused.append(refuse_bytes(number, "bad_unicode", "not UTF-8", body))
        else:
            numbers.append(number)
            texts.append(text)
    table = line_table(pa.array(numbers, pa.int64()), pa.array(texts, pa.string()))
    return LineChunk(table, tuple(refused), bytes_read)


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
