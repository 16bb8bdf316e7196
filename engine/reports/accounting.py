"""Where the events of a period went (DESIGN §8, conservation)."""

from __future__ import annotations

from importlib.resources import files


def accounted_events_sql() -> str:
    """A query of (bucket, events) over the parameters `$starting_at` and `$ending_before`; the buckets sum."""
    return files("engine.reports").joinpath("accounted_events.sql").read_text(encoding="utf-8")
