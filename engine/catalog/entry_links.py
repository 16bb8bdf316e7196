"""Manual balance entries with the balance, the segment and the time that they mean."""

from __future__ import annotations

from engine.catalog.balance import AccessSegment, Balance
from engine.catalog.items import Item
from engine.catalog.manual_balance_entry import ManualBalanceEntry
from engine.catalog.named_balances import BalanceNames, NamedBalance, balance_refusal, balances_meant
from engine.errors import Problem, did_you_mean
from engine.values.period import format_instant


class EntryLinks:
    """Finds what entries mean; what they mean nothing by goes to `problems`, if the catalog is `complete`."""

    def __init__(self, names: BalanceNames, problems: list[Problem], *, complete: bool) -> None:
        self._names = names
        self._problems = problems
        self._complete = complete

    def linked(self, entry: ManualBalanceEntry, item: Item) -> ManualBalanceEntry:
        """The entry with ids for names, its segment and its time; as it is, when there is a problem."""
        named = self._balance(entry, item)
        if named is None or not isinstance(named.balance, Balance):
            return entry
        segment = self._segment(entry, named.balance, item)
        if segment is None:
            return entry
        timestamp = segment.starting_at if entry.timestamp is None else entry.timestamp
        if not segment.starting_at <= timestamp < segment.ending_before:
            start, end = format_instant(segment.starting_at), format_instant(segment.ending_before)
            what = f"{format_instant(timestamp)} is outside the segment, which is from {start} to {end}"
            self._report(item, "timestamp", what, "leave it out for the segment's start")
        changes = {"id": named.balance.id, "contract_id": named.contract_id}
        return entry.model_copy(update={**changes, "segment_id": segment.id, "timestamp": timestamp})

    def _balance(self, entry: ManualBalanceEntry, item: Item) -> NamedBalance | None:
        """The one commit or credit that the entry means."""
        if not self._complete:
            return None
        among = self._names.of_customer(entry.customer_id, entry.contract_id)
        if any(each.customer_id != entry.customer_id for each in among):
            key = "contract_id" if item.value.get("contract_id") is not None else "contract"
            shown = item.value[key]
            what = f"contract {shown!r} does not belong to the customer of the entry"
            self._report(item, key, what, "name its own customer, or another contract")
            return None
        fitting = [each for each in among if isinstance(each.balance, Balance)]
        found = balances_meant(entry.id, fitting)
        if len(found) == 1:
            return found[0]
        what, remedy = balance_refusal(entry.id, "commit or credit", fitting, len(found))
        if not fitting:
            what = (
                f"unknown commit or credit {entry.id!r}: the {'contract' if entry.contract_id else 'customer'} has none"
            )
            remedy = "name the customer whose balance it is"
        other = balances_meant(entry.id, among)
        if not found and other:
            what = f"{entry.id!r} is a {other[0].noun}, and its grants take no manual entries"
            remedy = "write a commit or credit of its own"
        elif not found and entry.contract_id is not None and self._is_of_customer(entry):
            what = f"{entry.id!r} is the customer's own, and no contract's"
            remedy = "leave out the contract"
        self._report(item, "id", what, remedy)
        return None

    def _is_of_customer(self, entry: ManualBalanceEntry) -> bool:
        everything = self._names.of_customer(entry.customer_id, None)
        return any(each.contract_id is None for each in balances_meant(entry.id, everything))

    def _segment(self, entry: ManualBalanceEntry, balance: Balance, item: Item) -> AccessSegment | None:
        """The segment named, or the only one, or the one in force at the entry's time."""
        segments = balance.access_schedule.schedule_items
        shown = balance.name or balance.id
        if entry.segment_id is not None:
            named = [each for each in segments if each.id == entry.segment_id]
            if not named:
                what = f"balance {shown!r} has no segment {entry.segment_id!r}"
                self._report(item, "segment_id", what, did_you_mean(entry.segment_id, [each.id for each in segments]))
            return named[0] if named else None
        if len(segments) == 1:
            return segments[0]
        if entry.timestamp is None:
            what = f"balance {shown!r} has {len(segments)} segments, and the entry says not which one"
            self._report(item, None, what, "give a segment_id, or a timestamp inside it")
            return None
        moment = entry.timestamp
        in_force = [each for each in segments if each.starting_at <= moment < each.ending_before]
        if not in_force:
            what = f"balance {shown!r} has no segment at {format_instant(moment)}"
            starts = ", ".join(format_instant(each.starting_at) for each in segments)
            self._report(item, "timestamp", what, f"its segments start at {starts}")
        return in_force[0] if in_force else None

    def _report(self, item: Item, key: str | None, what: str, remedy: str) -> None:
        self._problems.append(item.problem(() if key is None else (key,), what, remedy))
