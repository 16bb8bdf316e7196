"""Event lines that somebody could send: good ones, odd ones, and broken ones, from a seed."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random

NOW = datetime(2026, 3, 20)

_CORPUS = Path(__file__).parent.parent / "events" / "bad_events.jsonl.gz"
#: A line of the corpus longer than this is sent as it is, and seldom.
_LONG = 20_000

_NAMES = [
    '"region"', '"units"', '"Units"', '"UNITS"', '"\\u0055nits"', '"\u212a"', '"k"', '"K"', '"\u00df"', '"ss"',
    '"SS"', '"\u0130"', '"i"', '"\u0131"', '"i\u0307"', '"\u00e9"', '"e\u0301"', '""', '" "', '"_"', '"a.b"', '"$.a"',
    '"$"', '"*"', '"x\'; DROP TABLE events; --"', '"[0]"', '"/"', '"~1"', '"a\\"b"', '"a\\\\"', '"\\u0000"',
    '"nul\\u0000"', '"\\n"', '"\\ud83d\\ude00"', '"\\ud83d"', '"\\ude00\\ud83d"', '"\U0001f600"', '"transaction_id"',
    '"timestamp"', '"properties"', '"\u2028"', '"\x7f"', '"\x85"', '"\u200b"', '"\ufeff"', '"date"', '"p0"',
    '"elementN"',
]  # fmt: skip
_VALUES = [
    '"x"', '""', '" "', "true", "false", "null", "True", "nil", "undefined", "{}", "[]", "[[]]", '{"a":{}}',
    '{"a":1,"a":1}', '{"a" : [1, 1.10,"1.10", 1e2]}', '[{"k":"v"},null,true]', '[NaN]', "NaN", "Infinity",
    "-Infinity", "0x1F", "1_000", "1,5", '"\\ud83d\\ude00"', '"\\ud83d"', '"\\ude00"', '"\\ud83d\\ud83d"', '"\\u00"',
    '"\\x41"', '"\\u0000"', '"tab\there"', '"\x7f"', '"\x85"', '"\u2028"', '": 1.10}"', '":5,"', '"a\\\\"', '"a\\"',
    '"\\/"', "'x'", '"\u212a\u00df"', '"\ufeff"', "/* c */ 1", "1 // c", '"\\u004e"', "[1,]", '{"a":1,}',
    '{"\\u0061":1,"a":2}', '{"deep":[0.10000000000000000555]}', '["1.10",1.10,-0,-0.0]', '{"\\ud800":1}',
    '[" , ",{"}":"]"}]',
]  # fmt: skip
_NASTY = [
    b",", b"}", b"{", b"]", b"[", b'"', b":", b"\\", b"\\u", b"\\ud800", b"\\u0000", b"\x00", b"\x01", b"\x1f",
    b"\x7f", b"\x80", b"\xff", b"\xfe", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf",
    b"\xe2\x80\xa8", b"\xc2\x85", b"\xc2\xa0", b"\x1c", b"\x0b", b"\x0c", b"\t", b" ", b"\r", b"NaN", b"null",
    b"1e1000000000", b"-", b"+", b".", b"e5", b"00", b"//", b"/**/", b",,", b"{}", b"[]", b'""', b'"a":1,',
    b'"properties":{},', b'"transaction_id":"again",', b"\xf0\x9f\x98\x80", b"\xf0\x9f\x98", b"\xe2\x80\x8b", b"'",
    b"<", b"\x00" * 8, b"\\\\", b'\\"',
]  # fmt: skip
_TIMES = [
    "2026-03-19T12:00:00", "2026-03-19 12:00:00Z", "2026-03-19T24:00:00Z", "2026-03-19T23:59:60Z",
    "2026-02-29T00:00:00Z", "2026-3-19T12:00:00Z", "2026-03-19T12:00:00.Z", "2026-03-19T12:00Z", "20260319T120000Z",
    "2026-03-19T12:00:00+24:00", "2026-03-19T12:00:00+05:60", "2026-03-19T12:00:00+0530", "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z",
    "infinity", "-infinity", "epoch", "now", "1773921600", "\u0662\u0660\u0662\u0666-03-19T12:00:00Z",
    "2026-03-19T12:00:00Z ", " 2026-03-19T12:00:00Z", "2026-03-19T12:00:00Z\\n", "2026-03-19T12:00:00UTC",
    "2026-03-19T12:00:00\\u005a", "2026-03-19T12:00:00\u22121:00", "-2026-03-19T12:00:00Z", "12026-03-19T12:00:00Z",
    "2026-03-19T12:00:00Z\\u0000", "2026-03-19T12:00:00Europe/Berlin",
]  # fmt: skip
_IDS = [
    "", " ", "\u00a0\u3000", "\u200b", "  x", "x\\n", "\\u0000", "a\\tb", "\x7f", "\x85", "\u2028", "\u202e", "NULL",
    "../../etc/passwd", "%2e%2e", "\U0001f600" * 128, "\U0001f600" * 129, "e\u0301" * 64, "e\u0301" * 65, "x" * 127,
    "x" * 128, "x" * 129, "\\ud83d\\ude00", "\ufeff", "\\ufeff", "\u180e",
]  # fmt: skip


@cache
def corpus() -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """The bytes of the bad events that are committed, the short ones and the long ones."""
    found = []
    with gzip.open(_CORPUS, "rt", encoding="utf-8") as cases:
        for case in map(json.loads, cases):
            text = case["raw"] if "raw" in case else json.dumps(case.get("event"))
            found.append(base64.b64decode(case["raw_b64"]) if "raw_b64" in case else text.encode())
    one_line = [line for line in found if b"\n" not in line]
    return tuple(x for x in one_line if len(x) < _LONG), tuple(x for x in one_line if len(x) >= _LONG)


class LineFuzzer:
    """Lines from a seed; a small part of the ids comes again, with the same content or with another."""

    def __init__(self, seed: str) -> None:
        self.dice = Random(seed)
        self._number = 0
        self._sent: list[bytes] = []

    def line(self) -> bytes:
        """One line without its end."""
        dice = self.dice
        roll = dice.random()
        if roll < 0.05 and self._sent:
            made = dice.choice(self._sent)
            return made if dice.random() < 0.5 else self._damaged(made)
        if roll < 0.12:
            short, long = corpus()
            return dice.choice(long) if dice.random() < 0.001 else self._damaged(dice.choice(short))
        made = self._plain() if roll < 0.5 else self._odd()
        if dice.random() < 0.25:
            made = self._damaged(made)
        if dice.random() < 0.02 or len(self._sent) < 5:
            self._sent = [*self._sent[-200:], made]
        return made

    def file(self, count: int) -> bytes:
        """So many lines with their ends, which may be missing, doubled, or those of another system."""
        dice = self.dice
        ends = dice.choice([[b"\n"], [b"\n"] * 50 + [b"\r\n", b"\n\n", b"\n \t\n", b"\r\r\n", b"\n\r\n"], [b"\r\n"]])
        parts = [b"\xef\xbb\xbf"] if dice.random() < 0.05 else []
        for _ in range(count):
            parts += self.line().replace(b"\n", b" "), dice.choice(ends)
        return b"".join(parts if dice.random() < 0.7 else parts[:-1])

    def number(self) -> str:
        """A number literal of any shape, JSON or not."""
        dice = self.dice
        digits = "".join(dice.choice("0123456789") for _ in range(dice.choice([1, 1, 2, 3, 9, 17, 18, 19, 38, 41, 60])))
        fraction = dice.choice(["", "", ".", ".0", ".5", ".10", "." + digits, ".0000000000000000055511151231257827"])
        exponent = dice.choice(
            ["", "", "", "e3", "E-7", "e+02", "e400", "e-400", "e1000000000", "e", "e1.5", "e" + digits]
        )
        sign = dice.choice(["", "", "", "-", "+", "--"])
        return sign + dice.choice([digits, digits.lstrip("0") or "0", "0"]) + fraction + exponent

    def _plain(self) -> bytes:
        self._number += 1
        dice = self.dice
        event = {
            "transaction_id": f"t{self._number}",
            "customer_id": f"c{dice.randrange(5)}",
            "event_type": "call",
            "timestamp": f"2026-03-{dice.randrange(10, 20)}T{dice.randrange(24):02}:00:00Z",
            "properties": {"units": dice.randrange(100), "region": dice.choice(["us", "eu"]), "k": str(dice.random())},
        }
        return json.dumps(event).encode()

    def _odd(self) -> bytes:
        self._number += 1
        dice = self.dice
        blank = dice.choice(["", "", " ", "\t", "\r"])
        identity = f'"t{self._number}"'
        members = {
            "transaction_id": dice.choice([identity] * 30 + [f'"{odd}"' for odd in _IDS] + _VALUES[:12]),
            "customer_id": dice.choice(['"c1"'] * 100 + [f'"{odd}"' for odd in _IDS] + _VALUES[:9]),
            "event_type": dice.choice(['"call"'] * 100 + [f'"{odd}"' for odd in _IDS] + _VALUES[:9]),
            "timestamp": self._time(),
            "properties": self._bag(blank),
        }
        items = [(f'"{name}"', value) for name, value in members.items() if dice.random() > 0.01]
        if dice.random() < 0.1:
            extra = [*_NAMES, '"transaction_i"', '"timestamps"', '"Properties"', '"CUSTOMER_ID"', f'"{"n" * 3000}"']
            items.append((dice.choice(extra), self._value()))
        if dice.random() < 0.2:
            dice.shuffle(items)
        if dice.random() < 0.01:
            items.append(dice.choice(items))
        comma = f",{blank}"
        text = f"{{{blank}{comma.join(f'{name}{blank}:{blank}{value}' for name, value in items)}{blank}}}"
        return (blank + text + blank).encode("utf-8", "surrogatepass")

    def _bag(self, blank: str) -> str:
        dice = self.dice
        roll = dice.random()
        if roll < 0.01:
            return dice.choice(["null", "[]", '"x"', "5", "true"])
        if roll < 0.0101:
            return "{" + ",".join(f'"p{n}":{n}' for n in range(dice.choice([1999, 2000, 2001]))) + "}"
        if roll < 0.02:
            levels = dice.choice([29, 30, 31, 32, 500])
            open_, close = dice.choice([("[", "]"), ('{"a":', "}")])
            return f'{{"deep":{open_ * levels}1{close * levels}}}'
        if roll < 0.022:
            part = dice.choice(["v", "\\u0041", "\u00e9"])
            return f'{{"{"k" * dice.choice([300, 70_000])}":"{part * dice.choice([300, 40_000])}"}}'
        names = dice.sample(_NAMES[:8], dice.randrange(3)) if dice.random() < 0.7 else dice.choices(_NAMES, k=3)
        return "{" + f",{blank}".join(f"{name}{blank}:{self._value()}" for name in names) + "}"

    def _value(self) -> str:
        roll = self.dice.random()
        if roll < 0.5:
            return str(self.dice.randrange(1000))
        return self.number() if roll < 0.7 else self.dice.choice(_VALUES)

    def _time(self) -> str:
        dice = self.dice
        roll = dice.random()
        if roll < 0.85:
            return '"2026-03-19T12:00:00Z"'
        if roll < 0.9:
            return f'"{dice.choice(_TIMES)}"'
        edge = dice.choice([NOW - timedelta(days=34), NOW + timedelta(hours=24), NOW - timedelta(days=2)])
        minutes = dice.choice([0, 0, 330, -720, 1439, -1439])
        local = edge + timedelta(microseconds=dice.choice([0, 0, 1, -1, 999_999]), minutes=minutes)
        offset = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
        zone = offset if minutes or dice.random() < 0.3 else dice.choice("Zz")
        digits = dice.choice(["", "9", "0001", "9" * 40])
        return f'"{local:%Y-%m-%d}{dice.choice("Tt")}{local:%H:%M:%S.%f}{digits}{zone}"'

    def _damaged(self, line: bytes) -> bytes:
        dice = self.dice
        for _ in range(dice.choice([1, 1, 1, 2, 5])):
            at = dice.randrange(len(line) + 1)
            end = min(len(line), at + dice.choice([0, 1, 1, 3, 20]))
            way = dice.randrange(6)
            if way == 0:
                line = line[:at] + dice.choice(_NASTY) + line[at:]
            elif way == 1:
                line = line[:at] + dice.choice(_NASTY) + line[end:]
            elif way == 2:
                line = line[:at] + line[end:]
            elif way == 3:
                line = (
                    line[:at] + bytes([line[at] ^ (1 << dice.randrange(8))]) + line[at + 1 :]
                    if at < len(line)
                    else line
                )
            elif way == 4:
                line = line[:at] + line[at:end] * 2 + line[end:]
            else:
                other = dice.choice(self._sent or [b"{}"])
                line = line[:at] + other[dice.randrange(len(other) + 1) :]
        return line
