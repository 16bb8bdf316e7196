"""JSON and JSON Lines, read fast and exactly: numbers are int or Decimal, and no key stands twice.

Positions cost a scan of the text and are only looked for when there is a problem to report.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from json import JSONDecodeError

from engine.catalog.fields import Path
from engine.errors import CatalogError, Problem

_GAP = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_ATOM = re.compile(r"[^,\]}\s]*")


class _RepeatedKey(Exception):
    """A key that stands twice in one object."""


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        raise _RepeatedKey
    return mapping


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not a number")


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_float=Decimal, parse_constant=_no_constant)


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a value starts, and where the values inside it start: (key, offset of the key, spot)."""

    start: int
    end: int
    inside: tuple[tuple[str | int, int, _Spot], ...] = ()


@dataclass(slots=True)
class JsonDocument:
    """A JSON file holding one object of sections."""

    file: str
    text: str
    content: object
    _root: _Spot | None = field(default=None, repr=False)

    def locate(self, path: Path, *, key: bool = False) -> tuple[int, int]:
        if self._root is None:
            self._root = _scan(self.text, 0)
        return _line_and_column(self.text, _offset(self._root, path, key))


@dataclass(slots=True)
class JsonLinesDocument:
    """A JSON Lines file holding the items of one section; `lines` has each item's line and its offset."""

    file: str
    text: str
    content: dict[str, list[object]]
    lines: tuple[tuple[int, int], ...]

    def locate(self, path: Path, *, key: bool = False) -> tuple[int, int]:
        if len(path) < 2 or not isinstance(path[1], int):
            return 1, 1
        line, start = self.lines[path[1]]
        return line, _offset(_scan(self.text, start), path[2:], key) - start + 1


def read_json(file: str, text: str) -> JsonDocument:
    """A JSON text as plain values. Raises CatalogError with the place of what is not JSON."""
    return JsonDocument(file, text, _decode(file, text, text, 0))


def read_json_lines(file: str, text: str, section: str) -> JsonLinesDocument:
    """One item a line, blank lines skipped. Raises CatalogError with the place of every bad line."""
    items: list[object] = []
    lines: list[tuple[int, int]] = []
    problems: list[Problem] = []
    offset = 0
    for number, line in enumerate(text.split("\n"), 1):
        if line and not line.isspace():
            try:
                items.append(_decode(file, line, text, offset))
                lines.append((number, offset))
            except CatalogError as error:
                problems.extend(error.problems)
        offset += len(line) + 1
    if problems:
        raise CatalogError(problems)
    return JsonLinesDocument(file, text, {section: items}, tuple(lines))


def _decode(file: str, part: str, text: str, offset: int) -> object:
    """`part` of `text`, starting at `offset`, as plain values."""
    try:
        return _decoder.decode(part)
    except _RepeatedKey:
        at, key = next(_repeated_keys(_scan(part, 0)))
        what, remedy = f"key {key!r} is given twice", "keep one of them"
    except JSONDecodeError as error:
        at, what, remedy = error.pos, f"not valid JSON: {error.msg}", ""
    except ValueError as error:
        at, what, remedy = len(part) - len(part.lstrip()), f"not valid JSON: {error}", ""
    except RecursionError:
        at, what, remedy = 0, "nested too deeply", ""
    raise CatalogError([Problem(file, *_line_and_column(text, offset + at), what, remedy)])


def _scan(text: str, at: int) -> _Spot:
    """The spot of the value at or after `at` in a text that is known to be valid JSON."""
    start = _end(_GAP, text, at)
    opener = text[start : start + 1]
    if opener == '"':
        return _Spot(start, _end(_STRING, text, start))
    if opener not in ("{", "["):
        return _Spot(start, _ATOM.match(text, start).end())  # type: ignore[union-attr]
    inside: list[tuple[str | int, int, _Spot]] = []
    at = start + 1
    while True:
        at = _end(_GAP, text, at)
        if text[at] in "]}":
            return _Spot(start, at + 1, tuple(inside))
        if text[at] == ",":
            at += 1
            continue
        step: str | int = len(inside)
        key_at = at
        if opener == "{":
            key_end = _end(_STRING, text, at)
            step = json.loads(text[at:key_end])
            at = text.index(":", key_end) + 1
        spot = _scan(text, at)
        inside.append((step, key_at, spot))
        at = spot.end


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return at if match is None else match.end()


def _offset(spot: _Spot, path: Path, key: bool) -> int:
    at = spot.start
    for depth, step in enumerate(path, 1):
        found = next((each for each in spot.inside if each[0] == step), None)
        if found is None:
            break
        _, key_at, spot = found
        at = key_at if key and depth == len(path) else spot.start
    return at


def _repeated_keys(spot: _Spot) -> Iterator[tuple[int, str]]:
    seen: set[str | int] = set()
    for step, key_at, inner in spot.inside:
        if step in seen:
            yield key_at, str(step)
        seen.add(step)
        yield from _repeated_keys(inner)


def _line_and_column(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
