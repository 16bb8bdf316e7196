"""Where a construct is made: the dice, a prefix for ids, the month that is billed, and hours at which things change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.generated.dice import Dice
from tests.generated.writing import Literal, to_instant

Item = dict[str, Any]
Month = tuple[datetime, datetime]

HOUR = timedelta(hours=1)


@dataclass
class Scene:
    """One market's dice and month; `cuts` collects every hour that was handed out, so that events can meet it."""

    dice: Dice
    name: str
    month: Month
    cuts: list[datetime] = field(default_factory=list)

    def id(self, *parts: object) -> str:
        """An id that no other market has."""
        return "-".join((self.name, *map(str, parts)))

    def keep(self, moment: datetime) -> datetime:
        self.cuts.append(moment)
        return moment

    def inside(self) -> datetime:
        """A full hour in the month, often midnight, never its first."""
        hours = int((self.month[1] - self.month[0]) / HOUR)
        hour = self.dice.number(1, hours - 1)
        if hour >= 24 and self.dice.chance(0.5):
            hour = hour // 24 * 24
        return self.keep(self.month[0] + timedelta(hours=hour))

    def before(self) -> datetime:
        """A midnight long enough ago for most contracts."""
        return self.month[0] - timedelta(days=self.dice.pick((400, 500, 800)))

    def anywhere(self, what: str) -> datetime:
        """A full hour inside the month, at an edge of it, an hour beside an edge, before it or after it; noted."""
        first, last = self.month
        choice = self.dice.number(0, 11)
        if choice <= 5:
            self.dice.note(f"{what} inside the month")
            return self.inside()
        if choice == 6:
            self.dice.note(f"{what} with the month")
            return self.keep(first)
        if choice == 7:
            self.dice.note(f"{what} at the end of the month")
            return self.keep(last)
        if choice == 8:
            self.dice.note(f"{what} an hour beside an edge")
            return self.keep(self.dice.pick((first - HOUR, first + HOUR, last - HOUR, last + HOUR)))
        if choice == 9 and self.cuts:
            self.dice.note(f"{what} where something else changes")
            return self.dice.pick(self.cuts)
        if choice == 10:
            self.dice.note(f"{what} after the month")
            return self.keep(last + timedelta(days=self.dice.number(1, 40)))
        self.dice.note(f"{what} before the month")
        return self.keep(first - timedelta(days=self.dice.number(1, 80)))

    def window(self, what: str) -> Item:
        """`starting_at` and sometimes `ending_before` of a term."""
        start = self.anywhere(f"{what} starts") if self.dice.chance(0.5) else self.before()
        when: Item = {"starting_at": to_instant(start)}
        if self.dice.chance(0.35):
            end = self.anywhere(f"{what} ends")
            if end > start:
                when["ending_before"] = to_instant(end)
        return when


def literals(texts: Sequence[str]) -> tuple[Literal, ...]:
    return tuple(map(Literal, texts))
