"""The settings that no output may depend on, and which combinations of them to try."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from itertools import combinations, product
from random import Random
from typing import Any

THREADS = (1, 2, 8)
MEMORY = ("200MiB", "4GiB")
ZONES = ("UTC", "America/New_York", "Asia/Kolkata", "Pacific/Apia")
#: In which order a snapshot gives its files: as it does, backwards, or shuffled by a seed.
ORDERS = ("committed", "reversed", "shuffled")
HASH_SEEDS = ("0", "1", "4711")

_ATTEMPTS = 40

_Pair = tuple[tuple[int, Any], tuple[int, Any]]


@dataclass(frozen=True, slots=True, order=True)
class Combination:
    """One place in the grid."""

    hash_seed: str
    zone: str
    threads: int
    memory: str
    order: str

    def pairs(self) -> set[_Pair]:
        """The values of every two dimensions that this combination brings together."""
        return set(combinations(enumerate(astuple(self)), 2))


def whole_grid(hash_seeds: Iterable[str] = HASH_SEEDS, orders: Iterable[str] = ORDERS) -> list[Combination]:
    """Every combination."""
    return [Combination(*values) for values in product(hash_seeds, ZONES, THREADS, MEMORY, orders)]


def covering(grid: list[Combination], seed: int) -> list[Combination]:
    """Few of these combinations, in which any two values of two dimensions meet as they do in all of them.

    The smallest of some selections; `seed` chooses among equals.
    """
    chance = Random(seed)
    return min((_selected(chance.sample(grid, len(grid))) for _ in range(_ATTEMPTS)), key=len)


def _selected(grid: list[Combination]) -> list[Combination]:
    """Always one of those that bring most pairs that no other has brought."""
    missing: set[_Pair] = set().union(*(each.pairs() for each in grid))
    chosen: list[Combination] = []
    while missing:
        best = max(grid, key=lambda each: len(each.pairs() & missing))
        chosen.append(best)
        missing -= best.pairs()
    return sorted(chosen)
