"""Which months a night looks at and which of them it runs, as tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from engine.due_months import Reason, Standing, periods_to_look_at, reason_to_run
from engine.values.period import parse_instant, parse_period

OCTOBER = Standing(parse_period("2026-10"))

#: now, published months, the day of the first event, and the months that are looked at.
LOOKED_AT = [
    ("2026-10-05T02:00:00Z", [], None, ["2026-10"]),
    ("2026-10-05T02:00:00Z", [], "2026-10-01", ["2026-10"]),
    ("2026-10-01T02:00:00Z", [], "2026-09-28", ["2026-09", "2026-10"]),
    ("2026-10-05T02:00:00Z", ["2026-08"], "2026-09-28", ["2026-08", "2026-09", "2026-10"]),
    ("2026-10-05T02:00:00Z", ["2026-09"], "2026-06-11", ["2026-09", "2026-10"]),
    ("2026-10-31T23:59:59.999999Z", ["2026-10"], None, ["2026-10"]),
    ("2026-11-01T00:00:00Z", ["2026-10"], None, ["2026-10", "2026-11"]),
    ("2027-01-01T00:00:00Z", ["2026-12", "2026-11"], None, ["2026-11", "2026-12", "2027-01"]),
    ("2026-10-05T02:00:00Z", ["2026-10", "2026-12"], None, ["2026-10"]),
    ("2026-10-05T02:00:00Z", ["2026-11"], None, []),
    # A clock that is behind sees events that have come from the future.
    ("2026-10-05T02:00:00Z", [], "2026-11-01", []),
]


@pytest.mark.parametrize(("now", "published", "first", "expected"), LOOKED_AT)
def test_months_looked_at(now: str, published: list[str], first: str | None, expected: list[str]) -> None:
    first_event_on = None if first is None else date.fromisoformat(first)
    found = periods_to_look_at(published, first_event_on, parse_instant(now))
    assert [each.label for each in found] == expected


#: now, how October stands beside what it is by default (published, nothing open), and why it is run.
RUN_BECAUSE = [
    ("2026-10-01T00:00:00Z", {"is_published": False}, Reason.NOT_RUN),
    ("2027-10-01T00:00:00Z", {"is_published": False}, Reason.NOT_RUN),
    ("2026-10-31T23:59:59Z", {}, Reason.OPEN),
    ("2026-11-01T00:00:00Z", {}, None),
    ("2026-11-01T00:00:00Z", {"drafts": 1}, Reason.OPEN),
    ("2027-05-01T00:00:00Z", {"drafts": 1}, Reason.OPEN),
    ("2026-11-02T00:00:00Z", {"has_parked": True}, Reason.OPEN),
    ("2026-11-02T00:00:00Z", {"has_late_events": True}, None),
    ("2026-11-02T00:00:00Z", {"has_new_terms": True}, Reason.TERMS),
    ("2026-11-02T00:00:00Z", {"is_stale": True}, Reason.EARLIER),
    ("2026-11-02T00:00:00Z", {"is_stale": True, "has_new_terms": True}, Reason.TERMS),
    ("2026-11-02T00:00:00Z", {"is_stale": True, "drafts": 1}, Reason.OPEN),
]


@pytest.mark.parametrize(("now", "facts", "expected"), RUN_BECAUSE)
def test_why_a_month_is_run(now: str, facts: dict[str, bool | int], expected: Reason | None) -> None:
    assert reason_to_run(replace(OCTOBER, **facts), parse_instant(now)) is expected  # type: ignore[arg-type]
