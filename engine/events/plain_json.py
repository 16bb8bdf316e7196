"""The shape of an event line that the database may parse itself.

DuckDB's JSON functions accept more than JSON and do not give every number back as it was written. A *plain* line
is one for which neither matters: strict JSON, an object whose standard fields are strings, whose other members
are scalars, and whose numbers come back character by character. One regular expression decides it, without
captures, so RE2 runs it as an automaton. A line that only its numbers keep from being plain is made so by putting
them in quotes. Every other line goes through `exact_json`, with the same result.
"""

from __future__ import annotations

from collections.abc import Iterable

#: The fields of an event that must be strings.
TEXT_FIELDS = ("transaction_id", "customer_id", "event_type", "timestamp")

# From 0.0001 on and with few enough digits, so that neither an exponent nor rounding comes in.
_SMALL = r"0\.(?:[0-9]{0,3}[1-9]|(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])[0-9]?[1-9])"

#: A number that DuckDB's JSON functions print exactly as it was written (held by a fuzz test).
REPRODUCED_NUMBER = rf"(?:0|-?(?:[1-9][0-9]{{0,17}}|[1-9][0-9]{{0,8}}\.[0-9]{{0,5}}[1-9]|{_SMALL}))"

BLANK = r"[ \t\r\n]*"
_RAW = r'[^"\\\x00-\x1f]'
_HEX = "[0-9A-Fa-f]"
# NUL and lone surrogates are left to the exact path; a high surrogate must be followed by a low one.
_ESCAPE = (
    r'\\(?:["\\/bfnrt]'
    rf"|u(?:00(?:0[1-9A-Fa-f]|[1-9A-Fa-f]{_HEX})|0[1-9A-Fa-f]{_HEX}{{2}}"
    rf"|[1-9A-Ca-cEeFf]{_HEX}{{3}}|[Dd][0-7]{_HEX}{{2}}"
    rf"|[Dd][89ABab]{_HEX}{{2}}\\u[Dd][C-Fc-f]{_HEX}{{2}}))"
)
#: Any number of JSON.
JSON_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"

#: A number as the value of a member, to be put in quotes: `"\1"\2"\3`. Only a real quote can stand before the
#: colon, and where it opens a string rather than closes a key, quoting leaves a line that is not JSON.
MEMBER_NUMBER = rf'"({BLANK}:{BLANK})({JSON_NUMBER})({BLANK}[,}}])'

_STRING = rf'"(?:{_RAW}|{_ESCAPE})*"'
COLON = f"{BLANK}:{BLANK}"
COMMA = f"{BLANK},{BLANK}"


def _other_than(words: Iterable[str]) -> str:
    """A pattern for any run of plain key characters except these words (RE2 has no look-ahead)."""
    tails: dict[str, list[str]] = {}
    ends_here = False
    for word in words:
        if word:
            tails.setdefault(word[0], []).append(word[1:])
        else:
            ends_here = True
    if not tails:
        return f"{_RAW}+" if ends_here else f"{_RAW}*"
    different = _RAW.replace("]", "".join(sorted(tails)) + "]")
    ways = [f"{different}{_RAW}*", *(first + _other_than(rest) for first, rest in sorted(tails.items()))]
    return f"(?:{'|'.join(ways)}){'' if ends_here else '?'}"


def _object(member: str) -> str:
    return rf"\{{{BLANK}(?:{member}(?:{COMMA}{member})*{BLANK})?\}}"


def plain_line_pattern(number: str = REPRODUCED_NUMBER) -> str:
    """The RE2 pattern that a plain event line matches in full (line end included), with these numbers."""
    scalar = rf"(?:{_STRING}|{number}|true|false|null)"
    properties = _object(f'"{_RAW}*"{COLON}{scalar}')
    text = f'"(?:{"|".join(TEXT_FIELDS)})"{COLON}{_STRING}'
    bag = f'"properties"{COLON}{properties}'
    unknown = f'"{_other_than([*TEXT_FIELDS, "properties"])}"{COLON}{scalar}'
    return f"{BLANK}{_object(f'(?:{text}|{bag}|{unknown})')}{BLANK}"
