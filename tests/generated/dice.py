"""Seeded choices that remember which constructs they produced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import TypeVar

Choice = TypeVar("Choice")


class Dice:
    """A `Random` and a count of the constructs (features) that came up."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.features: Counter[str] = Counter()

    def note(self, feature: str) -> None:
        self.features[feature] += 1

    def chance(self, probability: float, feature: str | None = None) -> bool:
        """True with this probability; the feature is noted when it is."""
        happened = self.random.random() < probability
        if happened and feature is not None:
            self.note(feature)
        return happened

    def pick(self, choices: Sequence[Choice]) -> Choice:
        return self.random.choice(choices)

    def pick_noted(self, prefix: str, choices: Sequence[str]) -> str:
        """One of the names, noted as `prefix name`."""
        choice = self.random.choice(choices)
        self.note(f"{prefix} {choice}")
        return choice

    def some(self, choices: Sequence[Choice], fewest: int, most: int) -> list[Choice]:
        """Between `fewest` and `most` different ones, in the order in which they stand."""
        count = self.random.randint(fewest, min(most, len(choices)))
        chosen = set(self.random.sample(range(len(choices)), count))
        return [choice for index, choice in enumerate(choices) if index in chosen]

    def number(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return self.random.randint(low, high)
