"""Whose an event is, and for which of a customer's contracts it counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.oracle.metering import Event
from tests.oracle.properties import text_of

#: Events with their places in the order in which they came, by the customer_id under which they were sent.
Sent = dict[str, list[tuple[int, Event]]]


def by_sender(events: Iterable[Event]) -> Sent:
    found: Sent = {}
    for place, event in enumerate(events):
        found.setdefault(event["customer_id"], []).append((place, event))
    return found


def events_of(sent: Sent, customer_id: str, customer: Mapping[str, Any]) -> list[Event]:
    """The events that were sent under the customer's id or one of its aliases of today, in order of arrival."""
    senders = dict.fromkeys([customer_id, *customer["aliases"]])
    own = [each for sender in senders for each in sent.get(sender, ())]
    return [event for _, event in sorted(own, key=lambda each: each[0])]


def counts_for(contract: Mapping[str, Any], event: Event) -> bool:
    """Whether the usage filter in force at the event's timestamp lets it through; before the first there is none."""
    started = [each for each in contract["usage_filters"] if each["starting_at"] <= event["timestamp"]]
    if not started:
        return True
    in_force = max(started, key=lambda each: each["starting_at"])
    return text_of(event["properties"], in_force["key"]) in in_force["values"]
