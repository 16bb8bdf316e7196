"""Files that several processes offer again and again: their events overlap, some lines are refused."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.faults.shop import events

#: How many events a file holds, and how far it is from the next one, of as many events again.
EVENTS, STEP = 24, 8

LANDERS = 4


@dataclass(frozen=True, slots=True)
class Offer:
    """A file to land: its number, the ids of the events in it, and its lines; `refused` of them are no events."""

    number: int
    ids: frozenset[str]
    lines: tuple[str, ...]
    refused: int

    def written(self, folder: Path) -> Path:
        """The file in a folder, complete."""
        path = folder / f"offer-{self.number:06d}.ndjson"
        path.write_text("\n".join(self.lines) + "\n", encoding="utf-8")
        return path


class Offers:
    """The endless row of files of a seed. An id stands for the same usage in each, so that any order bills the same.

    An event may differ in a property that no metric reads: then one of the two is a conflicting duplicate.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def offer(self, number: int) -> Offer:
        """The file of this number: some of its events are in its neighbours as well, and one may be in it twice."""
        choice = random.Random(f"offer {self._seed} {number}")
        ids = choice.sample(range(number * STEP, number * STEP + 2 * EVENTS), EVENTS)
        if choice.random() < 0.5:
            ids.append(choice.choice(ids))
        # A property of its own makes the table wider when it comes first.
        more = {f"note_{number % 7}": f"from file {number}"} if choice.random() < 0.3 else {}
        chosen = events(self._seed, EVENTS, ids, more=more)
        lines = [json.dumps(event) for event in chosen]
        refused = choice.choice((0, 0, 1, 3))
        for _ in range(refused):
            lines.insert(choice.randrange(len(lines)), '{"transaction_id": "unfinished')
        return Offer(number, frozenset(event["transaction_id"] for event in chosen), tuple(lines), refused)

    def landers_of(self, number: int) -> frozenset[int]:
        """Which two of the landers are offered a file."""
        return frozenset(random.Random(f"landers {self._seed} {number}").sample(range(LANDERS), 2))

    def up_to(self, last: int) -> Iterator[Offer]:
        """The files from the first to this number."""
        return map(self.offer, range(last + 1))
