"""The pattern of event lines whose keys have been seen before, in the same order.

Machines write the same few shapes over and over. A line that matches this pattern needs nothing but to be parsed:
the pattern holds the grammar (`plain_json`), the keys and every rule of `sql/rules.sql` except those in its
`known_refusal`. What it leaves out (escapes, ids that are not ASCII, times with a lower-case zone) takes the
general path, with the same result.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from engine.events.plain_json import BLANK, COLON, COMMA, REPRODUCED_NUMBER, TEXT_FIELDS

#: Shapes matched at once, most frequent first, and the widest one worth it.
MAX_SHAPES = 16
MAX_KEYS = 200

_PRINTED = r"[ !#-\[\]-~]"
_TIME = (
    r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?"
    r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_VALUES = {
    # Not only blanks; the length is left to SQL, because counting here would multiply the automaton's states.
    "transaction_id": rf'"[!#-\[\]-~]{_PRINTED}*"',
    "customer_id": f'"{_PRINTED}+"',
    "event_type": f'"{_PRINTED}+"',
    "timestamp": f'"{_TIME}"',
}
_PROPERTY = rf'(?:"[^"\\\x00-\x1f]*"|{REPRODUCED_NUMBER}|true|false|null)'


class KnownShapes:
    """The shapes met so far; `pattern` is None until one is worth matching."""

    def __init__(self) -> None:
        self._lines: Counter[tuple[tuple[str, ...], tuple[str, ...]]] = Counter()
        self.pattern: str | None = None

    def meet(self, top: Sequence[str], properties: Sequence[str], lines: int) -> None:
        """Takes note of lines with these keys, none twice, all properties struct fields."""
        if {*top} - {"properties"} == {*TEXT_FIELDS} and len(properties) <= MAX_KEYS:
            self._lines[tuple(top), tuple(properties)] += lines

    def learn(self) -> None:
        """Makes the pattern match the most frequent shapes noted."""
        if self._lines:
            shapes = (_shape(*keys) for keys, _ in self._lines.most_common(MAX_SHAPES))
            self.pattern = f"{BLANK}(?:{'|'.join(sorted(shapes))}){BLANK}"


def _shape(top: tuple[str, ...], properties: tuple[str, ...]) -> str:
    bag = _object([(name, _PROPERTY) for name in properties])
    return _object([(name, _VALUES.get(name, bag)) for name in top])


def _object(members: Sequence[tuple[str, str]]) -> str:
    written = COMMA.join(f'"{re.escape(name)}"{COLON}{value}' for name, value in members)
    return rf"\{{{BLANK}{written}{BLANK}\}}"
