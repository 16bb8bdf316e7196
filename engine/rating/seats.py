"""How many seats a subscription has when, and which of them are assigned (spec/rating.md §12)."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from engine.catalog.contract import Contract
from engine.catalog.exact import EXACT
from engine.catalog.subscription import Subscription
from engine.values.period import ALWAYS, Period


class SeatStay(NamedTuple):
    """A seat is assigned for `starting_at <= t < ending_before`."""

    seat_id: str
    starting_at: datetime
    ending_before: datetime


class Increase(NamedTuple):
    """From `starting_at` on there are `quantity` more than there ever were in the period."""

    starting_at: datetime
    quantity: Decimal


class SeatHistory:
    """The seats of one subscription over its term, which is cut to its contract's."""

    def __init__(self, contract: Contract, subscription: Subscription) -> None:
        ends = (contract.ending_before, subscription.ending_before, ALWAYS.ending_before)
        term = Period(
            max(contract.starting_at, subscription.starting_at or contract.starting_at),
            min(end for end in ends if end is not None),
        )
        steps = [step for step in subscription.quantities(term.starting_at) if step[0] < term.ending_before]
        steps.append((term.ending_before, Decimal(0)))
        self._moments = [moment for moment, _ in steps]
        self._quantities = [quantity for _, quantity in steps]
        self._stays = _stays(subscription, term)

    def quantity_at(self, moment: datetime) -> Decimal:
        """The quantity asked for, which is 0 outside the subscription's term."""
        position = bisect_right(self._moments, moment)
        return self._quantities[position - 1] if position else Decimal(0)

    def increases(self, period: Period) -> list[Increase]:
        """Each time inside the period that more are asked for than ever before in it."""
        most = self.quantity_at(period.starting_at)
        found = []
        for position in range(bisect_right(self._moments, period.starting_at), len(self._moments)):
            moment, quantity = self._moments[position], self._quantities[position]
            if moment >= period.ending_before:
                break
            if quantity > most:
                found.append(Increase(moment, EXACT.subtract(quantity, most)))
                most = quantity
        return found

    def assigned(self, period: Period) -> list[tuple[str, datetime]]:
        """Every seat that is assigned at some time of the period, by id, and from when in it for the first time."""
        first: dict[str, datetime] = {}
        for seat_id, start, end in self._stays:
            if start < period.ending_before and period.starting_at < end:
                moment = max(start, period.starting_at)
                first[seat_id] = min(moment, first.get(seat_id, moment))
        return sorted(first.items())


def _stays(subscription: Subscription, term: Period) -> list[SeatStay]:
    """From when until when each seat is assigned; at one instant seats are added before others are removed."""
    config = subscription.seat_config
    if config is None:
        return []
    since = dict.fromkeys(config.initial_seat_ids, term.starting_at)
    updates = subscription.seat_updates
    changes = [(each.starting_at, False, each.seat_ids) for each in updates.add_seat_ids]
    changes += [(each.starting_at, True, each.seat_ids) for each in updates.remove_seat_ids]
    found: list[SeatStay] = []
    for moment, is_removal, seat_ids in sorted(changes, key=lambda change: change[:2]):
        for seat_id in seat_ids:
            if not is_removal:
                since.setdefault(seat_id, moment)
            elif seat_id in since:
                found.append(SeatStay(seat_id, since.pop(seat_id), moment))
    found += [SeatStay(seat_id, start, term.ending_before) for seat_id, start in since.items()]
    cut = (
        SeatStay(seat_id, max(start, term.starting_at), min(end, term.ending_before)) for seat_id, start, end in found
    )
    return [each for each in cut if each.starting_at < each.ending_before]
