"""What arrives night by night: usage of the ai-saas customers, late, repeated and spoilt as in real life."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

SCENARIO = Path(__file__).resolve().parents[2] / "fixtures" / "ai-saas"

_DAY = timedelta(days=1)

#: Of a thousand events: how many arrive the night after, some nights later, weeks later, and too late to be accepted.
_NEXT_NIGHT, _SOME_NIGHTS, _WEEKS, _TOO_LATE = 40, 40, 25, 3
#: Of a thousand lines: repeated exactly, repeated with other content, from nobody known, not an event at all.
_REPEATED, _CONFLICTING, _UNKNOWN, _SPOILT = 15, 4, 5, 4

#: The ways to spoil a line that do not depend on the calendar, by their places in the scenario's generator.
_WAYS = (0, 1, 2, 3, 4, 7, 8)


def scenario() -> ModuleType:
    """The scenario's generator, which lies in a folder that is no package."""
    name = "ai_saas_generate"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, SCENARIO / "generate.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


class NightlyTraffic:
    """The lines that arrive in each of a row of nights; every draw comes from one random source, in one order."""

    def __init__(self, rng: Random, customers: Sequence[Any], nights: Sequence[datetime], events: int) -> None:
        self._rng = rng
        self._customers = customers
        self._nights = nights
        self._events = events
        self._bodies = scenario().Traffic(rng, list(customers), 0)
        self._arriving: list[list[str]] = [[] for _ in nights]
        self._spoilt = 0

    def by_night(self) -> list[list[str]]:
        """About `events` lines a night, in order of arrival; what would arrive after the last night is left out."""
        weights = list(accumulate(1 / (rank + 2) for rank in range(len(self._customers))))
        for night in range(len(self._nights)):
            count = self._events * 3 // 4 + self._rng.randrange(self._events // 2 + 1)
            for who in self._rng.choices(range(len(self._customers)), cum_weights=weights, k=count):
                self._happen(night, who)
        for lines in self._arriving:
            self._rng.shuffle(lines)
        return self._arriving

    def _happen(self, night: int, who: int) -> None:
        """One event of the day before a night, and whatever else is sent in its wake."""
        rng = self._rng
        identity = f"{rng.getrandbits(96):024x}"
        line = self._line(identity, night, who)
        draw = rng.randrange(1000)
        if draw < _UNKNOWN:
            line = _changed(line, customer_id=f"unknown-{rng.randrange(5)}")
        elif draw < _UNKNOWN + _SPOILT:
            self._spoilt += 1
            line = scenario().MALFORMED[_WAYS[self._spoilt % len(_WAYS)]](line)
        arrival = night + self._delay()
        self._send(arrival, line)
        again = rng.randrange(1000)
        if again < _REPEATED:
            self._send(arrival + rng.choice((0, 1, 3, 12, 25)), line)
        elif again < _REPEATED + _CONFLICTING:
            self._send(arrival + rng.randrange(1, 20), self._line(identity, night, who))

    def _delay(self) -> int:
        draw = self._rng.randrange(1000)
        if draw < _TOO_LATE:
            return 40
        if draw < _TOO_LATE + _WEEKS:
            return self._rng.randrange(7, 31)
        if draw < _TOO_LATE + _WEEKS + _SOME_NIGHTS:
            return self._rng.randrange(2, 7)
        return 1 if draw < _TOO_LATE + _WEEKS + _SOME_NIGHTS + _NEXT_NIGHT else 0

    def _send(self, night: int, line: str) -> None:
        if night < len(self._arriving):
            self._arriving[night].append(line)

    def _line(self, identity: str, night: int, who: int) -> str:
        rng, make = self._rng, self._bodies
        draw = rng.randrange(1000)
        module = scenario()
        if draw < module.LLM_SHARE:
            body = make.llm_request(who)
        elif draw < module.LLM_SHARE + module.API_SHARE:
            body = make.api_call(who)
        elif draw < module.LLM_SHARE + module.API_SHARE + module.STORAGE_SHARE:
            body = make.storage_heartbeat(who)
        else:
            body = make.seats_reported(who)
        moment = self._nights[night] - _DAY + timedelta(milliseconds=rng.randrange(86_400_000))
        sender = rng.choice(self._customers[who].senders)
        stamp = f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
        return (
            f'{{"transaction_id": "{identity}", "customer_id": "{sender}", '
            f'"timestamp": "{stamp}", "event_type": {body}}}}}'
        )


def _changed(line: str, **fields: str) -> str:
    return json.dumps({**json.loads(line), **fields})
