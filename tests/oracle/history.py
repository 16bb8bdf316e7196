"""What the months before have left behind, as far as a month must know it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any


@dataclass(frozen=True)
class History:
    """By segment id: what was `drawn` of it (amounts, or units), what `rolled_from` it, and what `rolled_into` it.

    `threshold_commits` are what `thresholds.release` gave; `billed` are (contract, end) of the usage statements billed.
    """

    drawn: dict[str, Fraction] = field(default_factory=dict)
    rolled_from: dict[str, Fraction] = field(default_factory=dict)
    rolled_into: dict[str, Fraction] = field(default_factory=dict)
    threshold_commits: tuple[dict[str, Any], ...] = ()
    billed: frozenset[tuple[str, datetime]] = frozenset()


NOTHING = History()
