"""Two months in a row as one scene, with the turn between them as an edge of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.generated.bulk.scene import HOUR, Scene
from tests.generated.writing import to_instant
from tests.oracle.times import months_after


@dataclass
class Months(Scene):
    """A scene whose `month` is the span of both months: the first ends and the second begins at `turn`."""

    @property
    def turn(self) -> datetime:
        return months_after(self.month[0], 1)

    def anywhere(self, what: str) -> datetime:
        """A full hour in one of the months, at or an hour beside an edge of them, before or after both; noted."""
        first, last = self.month
        dice = self.dice
        choice = dice.number(0, 13)
        if choice <= 5:
            moment = self.inside()
            dice.note(f"{what} in the {'first' if moment < self.turn else 'second'} month")
            return moment
        if choice <= 7:
            dice.note(f"{what} at the turn of the months")
            return self.keep(self.turn)
        if choice == 8:
            dice.note(f"{what} with the first month")
            return self.keep(first)
        if choice == 9:
            dice.note(f"{what} at the end of the second month")
            return self.keep(last)
        if choice == 10:
            dice.note(f"{what} an hour beside an edge")
            return self.keep(dice.pick((first, self.turn, self.turn, last)) + dice.pick((-HOUR, HOUR)))
        if choice == 11 and self.cuts:
            dice.note(f"{what} where something else changes")
            return dice.pick(self.cuts)
        if choice == 12:
            dice.note(f"{what} after the months")
            return self.keep(last + timedelta(days=dice.number(1, 40)))
        dice.note(f"{what} before the months")
        return self.keep(first - timedelta(days=dice.number(1, 80)))

    def within(self, what: str, start: datetime, end: datetime | None) -> datetime:
        """The same, moved into `start <= moment < end` when it lies outside; a full hour all the same."""
        moment = max(self.anywhere(what), full_hour(start))
        return moment if end is None or moment < end else max(full_hour(start), last_hour(end))


def full_hour(moment: datetime) -> datetime:
    """The first full hour not before an instant."""
    hour = moment.replace(minute=0, second=0, microsecond=0)
    return hour if hour == moment else hour + HOUR


def last_hour(moment: datetime) -> datetime:
    """The last full hour before an instant."""
    return full_hour(moment) - HOUR


def text(moment: datetime) -> str:
    return to_instant(moment)


def instant(written: object) -> datetime:
    """What `text` wrote."""
    return datetime.fromisoformat(str(written).rstrip("Z"))
