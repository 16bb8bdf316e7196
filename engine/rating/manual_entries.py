"""Manual entries in the ledgers of balances (spec/rating.md §6.4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal

import pyarrow as pa

from engine.catalog.exact import EXACT
from engine.catalog.manual_balance_entry import ManualBalanceEntry
from engine.rating.arrow_tables import INSTANT, arrow_table
from engine.rating.balance_terms import BalanceSegment
from engine.values.numbers import MAX_DIGITS
from engine.values.period import Period

AMOUNT_PLACES = 26


class ManualEntries:
    """The manual entries of a catalog that a billing period knows of, by segment.

    An entry without a time is made at its segment's start; one of a later period does not count yet.
    """

    def __init__(self, entries: Sequence[ManualBalanceEntry], period: Period) -> None:
        self._before = period.ending_before
        self._by_segment: dict[tuple[str, str], list[tuple[int, ManualBalanceEntry]]] = defaultdict(list)
        for number, each in enumerate(entries):
            assert each.segment_id is not None, "a catalog that was loaded says which segment is meant"
            self._by_segment[each.balance_id, each.segment_id].append((number, each))

    def total(self, balance_id: str, segment: BalanceSegment) -> Decimal:
        """What the entries of a segment come to."""
        total = Decimal(0)
        if self._by_segment:
            for _, each in self._of(balance_id, segment):
                total = EXACT.add(total, each.amount)
        return total

    def table(self, segments: Sequence[tuple[str, BalanceSegment]]) -> pa.Table:
        """The entries of segments, which are numbered from 0 and given with their balances' ids.

        Grain: entry_no, in catalog order.
        """
        rows = sorted(
            (number, segment_no, each.amount, each.timestamp or segment.starting_at, each.reason)
            for segment_no, (balance_id, segment) in enumerate(segments if self._by_segment else ())
            for number, each in self._of(balance_id, segment)
        )
        return arrow_table(
            entry_no=(pa.int32(), [row[0] for row in rows]),
            segment_no=(pa.int32(), [row[1] for row in rows]),
            amount=(pa.decimal128(MAX_DIGITS, AMOUNT_PLACES), [row[2] for row in rows]),
            entry_at=(INSTANT, [row[3] for row in rows]),
            reason=(pa.string(), [row[4] for row in rows]),
        )

    def _of(self, balance_id: str, segment: BalanceSegment) -> Iterator[tuple[int, ManualBalanceEntry]]:
        for number, each in self._by_segment.get((balance_id, segment.id), ()):
            entry_at = each.timestamp or segment.starting_at
            if entry_at < self._before:
                yield number, each
