"""Which segments of balances a run still has to do with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from engine.catalog.catalog import Catalog
from engine.rating.balance_terms import BalanceSegment
from engine.rating.earlier import Earlier
from engine.rating.recurrence import Recurrence, statement_periods
from engine.values.period import ALWAYS, Period

#: A year and a month: no statement period is as long.
_LOOKED_BACK = timedelta(days=397)


class OpenWindow:
    """What may be drawn, or be settled, in one billing period.

    A segment is settled once every statement period that begins before its end has ended. So one that ended before the
    statement period in which the billing period begins was settled by then.
    """

    def __init__(self, catalog: Catalog, period: Period, earlier: Earlier) -> None:
        self.last = period.ending_before
        self.earliest = period.starting_at - min(_LOOKED_BACK, period.starting_at - ALWAYS.starting_at)
        self._start = period.starting_at
        self._drawn = earlier.drawn
        self._contracts = {each.id: each for each in catalog.contracts}
        self._first: dict[str, datetime] = {}
        self._first_of: dict[Recurrence, datetime] = {}
        self._corrected = {
            (each.balance_id, each.segment_id)
            for each in catalog.manual_balance_entries
            if each.timestamp is not None and period.starting_at <= each.timestamp < period.ending_before
        }

    def first(self, contract_ids: tuple[str, ...]) -> datetime:
        """What ended before then is settled, when these contracts may draw; it is not before `earliest`."""
        if len(contract_ids) == 1:
            return self._begun(contract_ids[0])
        return min(map(self._begun, contract_ids), default=self._start)

    def is_open(self, segments: Sequence[BalanceSegment], contract_ids: tuple[str, ...]) -> bool:
        """Whether a segment has begun and may still be drawn, by these contracts."""
        first = self.first(contract_ids)
        return any(each.starting_at <= self.last and first <= each.ending_before for each in segments)

    def holds(
        self, balance_id: str, segment: BalanceSegment, first: datetime, charged_at: datetime | None = None
    ) -> bool:
        """Whether a segment has begun and is not settled, or is corrected in this period.

        A postpaid one is settled when what is left has been charged. What earlier periods drew on is held for a year
        and a month, so that it is seen when it is cut.
        """
        if segment.starting_at > self.last:
            return False
        if segment.ending_before >= first:
            return True
        if segment.ending_before >= self.earliest and segment.id in self._drawn:
            return True
        return (charged_at is not None and charged_at >= first) or (balance_id, segment.id) in self._corrected

    def _begun(self, contract_id: str) -> datetime:
        """Where the statement period begins that holds the start of the billing period."""
        found = self._first.get(contract_id)
        if found is None:
            statements = statement_periods(self._contracts[contract_id])
            found = self._first_of.get(statements)
            if found is None:
                found = self._first_of[statements] = statements.boundary(statements.index_at(self._start))
            self._first[contract_id] = found
        return found
