"""Which billing periods a night looks at, and which of them it runs: decided from what is known, without a look."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from engine.values.period import Period, period_of, periods_through


class Reason(StrEnum):
    """Why a billing period is run; the first that holds is told."""

    NOT_RUN = "not run yet"
    OPEN = "open"
    TERMS = "contracts or charges were written or changed"
    EARLIER = "an earlier month has changed"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a billing period stands when a night comes to it.

    `drafts` counts its DRAFT invoices; `has_parked` says that contracts were set aside; `has_late_events`, that events
    of statements whose invoices are finalized have landed since and no night has looked at them; `has_new_terms`, that
    the catalog now has statements or charges in it that it had not when it was run; `is_stale`, that its balances go on
    from runs of earlier periods that no longer stand.
    """

    period: Period
    is_published: bool = True
    drafts: int = 0
    has_parked: bool = False
    has_late_events: bool = False
    has_new_terms: bool = False
    is_stale: bool = False


def periods_to_look_at(published: Collection[str], first_event_on: date | None, now: datetime) -> list[Period]:
    """The calendar months that a night goes through, from the first published one to the one that holds `now`.

    While nothing is published, it starts with the month of the first event; what was due before that was billed
    elsewhere, or is to be run by hand. Published months after `now` are left alone.
    """
    last = period_of(now)
    if published:
        first = min(published)
    elif first_event_on is not None:
        first = period_of(datetime(first_event_on.year, first_event_on.month, 1)).label
    else:
        first = last.label
    return periods_through(first, last.label) if first <= last.label else []


def reason_to_run(standing: Standing, now: datetime) -> Reason | None:
    """Why a billing period is to be run at `now`, or None when it is settled.

    A period is open until it has ended, no invoice of it is a draft and no contract is set aside. A settled one is run
    when there may be more to bill in it, or other balances under it; its finalized invoices stay as they are then.
    """
    if not standing.is_published:
        return Reason.NOT_RUN
    if now < standing.period.ending_before or standing.drafts or standing.has_parked:
        return Reason.OPEN
    if standing.has_new_terms:
        return Reason.TERMS
    return Reason.EARLIER if standing.is_stale else None
