"""The one place that reads the wall clock; everything deeper is told what time it is."""

from __future__ import annotations

from datetime import UTC, datetime

from engine.values.period import as_utc


def moment(now: datetime | str | None) -> datetime:
    """The time a caller gave, or the present, as naive UTC."""
    return as_utc(datetime.now(UTC) if now is None else now)


def cut_off(as_of: datetime | str | None) -> datetime | None:
    """The time by which an event must have arrived, as naive UTC; None when every event counts."""
    return None if as_of is None else as_utc(as_of)
