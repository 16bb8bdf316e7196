"""Ledgers as exports have them: the entries of a balance in JSON, and what is left of it at an instant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pyarrow as pa

from engine.catalog.exact import EXACT
from engine.catalog.manual_balance_entry import ManualBalanceEntry
from engine.metronome.request_body import Body, instant, number, present

#: How exports call an event where they do not use its own name.
_EVENTS = {"CANCELED": "commit_canceled", "CREDITED": "commit_credited", "EXPIRATION": "segment_expiration"}
_KINDS = (("PREPAID_COMMIT_", "prepaid_"), ("POSTPAID_COMMIT_", "postpaid_"), ("CREDIT_", "credit_"))
#: Events that say what was granted, which the access schedule says as well.
_GRANTS = ("_SEGMENT_START", "_INITIAL_BALANCE", "_SEAT_BASED_ADJUSTMENT")
_MANUAL = "_manual"


class Segment(NamedTuple):
    """A segment of a balance: what may be drawn from when to when."""

    id: str
    starting_at: datetime
    ending_before: datetime
    amount: Decimal


class Ledgers:
    """What has been published of the ledgers of balances, and what was corrected by hand.

    `ledger` has the columns of the published output of that name, the entries of several billing periods.
    """

    def __init__(self, ledger: pa.Table | None, manual: Iterable[ManualBalanceEntry]) -> None:
        self._entries: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        self._manual: dict[str, Decimal] = defaultdict(Decimal)
        self._rolled: dict[str, Decimal] = defaultdict(Decimal)
        for row in () if ledger is None else ledger.to_pylist():
            self._entries[row["balance_id"]].append(row)
            if row["type"].endswith("_ROLLOVER"):
                moved = EXACT.minus(row["amount"])
                self._rolled[row["new_balance_id"]] = EXACT.add(self._rolled[row["new_balance_id"]], moved)
        for entry in manual:
            key = entry.segment_id or ""
            self._manual[key] = EXACT.add(self._manual[key], entry.amount)

    def has(self, balance_id: str) -> bool:
        """Whether anything of a balance has been published."""
        return balance_id in self._entries

    def rolled_into(self, balance_id: str) -> Decimal | None:
        """How much has rolled over into a balance; None where that is not settled."""
        return self._rolled.get(balance_id)

    def json(self, balance_id: str) -> list[Body]:
        """The entries of a balance by time, as exports write them."""
        entries = self._entries.get(balance_id, [])
        return [
            present(
                type=_type(row["type"]),
                timestamp=instant(row["timestamp"]),
                amount=number(row["amount"]),
                segment_id=row["segment_id"],
                invoice_id=row["invoice_id"],
                reason=row["reason"],
                new_contract_id=row["new_contract_id"],
                new_commit_id=row["new_balance_id"],
            )
            for row in sorted(entries, key=lambda row: row["timestamp"])
        ]

    def left(self, balance_id: str, segments: Sequence[Segment], now: datetime) -> Decimal:
        """What may be drawn at `now`: what segments in force grant, with what has happened to them; never below 0."""
        in_force = {each.id: each.amount for each in segments if each.starting_at <= now < each.ending_before}
        total = Decimal(0)
        for segment_id, amount in in_force.items():
            total = EXACT.add(total, EXACT.add(amount, self._manual.get(segment_id, Decimal(0))))
        for row in self._entries.get(balance_id, ()):
            is_counted = row["type"].endswith((*_GRANTS, "_MANUAL"))
            if row["segment_id"] in in_force and not is_counted:
                total = EXACT.add(total, row["amount"])
        return max(total, Decimal(0))


def _type(api: str) -> str:
    """A type of entry as exports spell it.

    >>> _type("PREPAID_COMMIT_EXPIRATION")
    'prepaid_segment_expiration'
    """
    for long, short in _KINDS:
        if api.startswith(long):
            event = api.removeprefix(long)
            return short + _EVENTS.get(event, event.lower())
    return api.lower()


def manual_bodies(ledger: Iterable[Body] | None, balance: Body, *, unsaid: str) -> list[Body]:
    """The corrections by hand in a ledger as request bodies; `unsaid` is the reason of those that give none."""
    return [
        present(
            id=balance["id"],
            customer_id=balance["customer_id"],
            contract_id=balance["contract_id"],
            segment_id=each.get("segment_id"),
            amount=number(each.get("amount")),
            reason=each.get("reason") or unsaid,
            timestamp=instant(each.get("timestamp")),
        )
        for each in ledger or ()
        if str(each.get("type", "")).endswith(_MANUAL)
    ]
