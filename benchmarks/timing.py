"""Times of alternating runs, and results as a table."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence

REPEATS = 5


def alternate(candidates: Mapping[str, Callable[[], object]], repeats: int = REPEATS) -> dict[str, float]:
    """Seconds of the fastest of `repeats` runs of each candidate.

    The candidates take turns, so that a slow moment of the machine falls on all of them. One run of each comes
    first and is not counted: it reads the files into the page cache.
    """
    fastest = dict.fromkeys(candidates, float("inf"))
    for repeat in range(repeats + 1):
        for name, run in candidates.items():
            gc.collect()
            begun = time.perf_counter()
            run()
            taken = time.perf_counter() - begun
            if repeat:
                fastest[name] = min(fastest[name], taken)
    return fastest


def table(title: str, rows: Sequence[Mapping[str, object]]) -> str:
    """Rows of the same keys as aligned columns; numbers to the right."""
    if not rows:
        return f"{title}\n  (nothing)\n"
    names = list(rows[0])
    cells = [[_shown(row[name]) for name in names] for row in rows]
    widths = [max(len(name), *(len(row[place]) for row in cells)) for place, name in enumerate(names)]
    numeric = [isinstance(rows[0][name], int | float) for name in names]

    def line(texts: Sequence[str]) -> str:
        padded = (
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(texts, widths, numeric, strict=True)
        )
        return "  " + "  ".join(padded).rstrip()

    return "\n".join([title, line(names), line(["-" * width for width in widths]), *map(line, cells), ""])


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.3f}" if value < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
