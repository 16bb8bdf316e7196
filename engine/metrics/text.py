"""The text of a SQL metric: what may be handed to the parser, and where each part of it stands in the file.

Comments become blanks and the glyphs of Metronome's documentation (≥ ≤ ≠) become operators, without losing
the place of anything: every offset of the parsed text maps back to a line and a column of the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from engine.errors import CatalogError, Problem

#: Longer texts are refused before anything reads them (`spec/reliability.md` §3.3).
MAX_BYTES = 20_000
#: Parentheses nested deeper than this are refused before the parser sees them.
MAX_DEPTH = 60

_GLYPHS = {"≥": ">=", "≤": "<=", "≠": "!="}
_TYPOGRAPHIC = {"‘": "'", "’": "'", "“": '"', "”": '"', "−": "-", "×": "*", "÷": "/"}
_TOKEN = re.compile(
    r"""(?P<line>--[^\n]*) | (?P<block>/\*) | (?P<text>'(?:[^']|'')*') | (?P<name>"(?:[^"]|"")*")
      | (?P<open>[('"]) | (?P<close>\)) | (?P<word>[A-Za-z_][A-Za-z_0-9]*) | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)


_Refuse = Callable[[int, str, str], None]


@dataclass(frozen=True, slots=True)
class MetricText:
    """A metric's file and its cleaned SQL; `offsets[i]` is the place in `original` of `sql[i]`."""

    file: str
    original: str
    sql: str
    offsets: tuple[int, ...]

    def problem(self, offset: int, what: str, remedy: str = "") -> Problem:
        """A problem at an offset of the cleaned SQL."""
        place = self.offsets[offset] if 0 <= offset < len(self.offsets) else len(self.original.rstrip())
        line, column = line_and_column(self.original, place)
        return Problem(self.file, line, column, what, remedy)


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """The line and column, both counted from 1, of an offset."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def caret(text: str, problem: Problem) -> str:
    """The message of a problem, followed by its line of the source and a caret under the place.

    >>> print(caret("SELECT x", Problem("m.sql", 1, 8, "'x' is not a column")))
    m.sql:1:8: 'x' is not a column
        SELECT x
               ^
    """
    lines = text.split("\n")
    if not 0 < problem.line <= len(lines):
        return str(problem)
    line = lines[problem.line - 1].rstrip("\r")
    # Tabs stay tabs in front of the caret, so that it stands under its place however wide a tab is shown.
    before = "".join("\t" if letter == "\t" else " " for letter in line[: problem.column - 1])
    return f"{problem}\n    {line}\n    {before}^"


def read_metric_text(text: str, file: str) -> MetricText:
    """Clean the text of one metric file for the parser. Raises CatalogError for text no parser should see."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        what = f"the metric is longer than {MAX_BYTES:,} bytes"
        raise CatalogError([Problem(file, 1, 1, what, "split it, or move lists of values into event properties")])
    pieces: list[tuple[str, int]] = []
    problems: list[Problem] = []

    def refuse(offset: int, what: str, remedy: str) -> None:
        problems.append(Problem(file, *line_and_column(text, offset), what, remedy))

    depth, at = 0, 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            break
        token, kind = match.group(), match.lastgroup
        end = match.end()
        if kind == "block":
            end = text.find("*/", at + 2) + 2
            if end < 2:
                refuse(at, "this comment is never closed", "end it with */")
                break
            token = text[at:end]
        if kind in ("block", "line"):
            pieces.append(("".join(c if c == "\n" else " " for c in token), at))
        elif token in ("'", '"'):
            refuse(at, f"this {token} is never closed", f"end it with {token}")
            break
        elif kind in ("text", "name") and "\0" not in token:
            if at and text[at - 1].isalnum() and text[at - 1] in "eExXbBuUnNrR":
                refuse(at - 1, "prefixed texts such as E'…' or X'…' are not supported", "write a plain '…'")
            pieces.append((token, at))
        else:
            pieces.append((_GLYPHS.get(token, token), at))
            _refuse_letter(token, at, refuse)
            depth += (token == "(") - (token == ")")
            if depth > MAX_DEPTH or depth < 0:
                _refuse_depth(depth, at, refuse)
                break
        at = end
    if problems:
        raise CatalogError(problems)
    return _join(text, file, pieces)


def _refuse_letter(token: str, at: int, refuse: _Refuse) -> None:
    if "\0" in token or (token < " " and token not in "\t\r\n"):
        refuse(at, f"the control character {token.encode()!r} is not allowed", "delete it")
    elif token in _TYPOGRAPHIC:
        refuse(at, f"{token} is a typographic sign", f"write {_TYPOGRAPHIC[token]}")
    elif token in ("$", "?", "@", "`"):
        refuse(at, f"{token} is not allowed outside quotes", 'write the value itself, or "…" around a name')
    elif len(token) == 1 and not token.isascii() and token not in _GLYPHS:
        refuse(at, f"{token!r} is not allowed outside quotes", 'write "…" around the name')


def _refuse_depth(depth: int, at: int, refuse: _Refuse) -> None:
    if depth < 0:
        refuse(at, "this ) closes nothing", "delete it or add the ( it belongs to")
    else:
        refuse(at, f"parentheses are nested deeper than {MAX_DEPTH}", "name the steps with WITH … AS (…)")


def _join(text: str, file: str, pieces: list[tuple[str, int]]) -> MetricText:
    sql = "".join(piece for piece, _ in pieces)
    offsets: list[int] = []
    for piece, start in pieces:
        glyph = text[start] in _GLYPHS and piece == _GLYPHS[text[start]]
        offsets.extend([start] * len(piece) if glyph else range(start, start + len(piece)))
    return MetricText(file, text, sql, tuple(offsets))
