"""Whose an event is, and for which of a customer's contracts it counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.oracle.metering import Event
from tests.oracle.properties import text_of


def events_of(events: Iterable[Event], customer_id: str, customer: Mapping[str, Any]) -> list[Event]:
    """The events that were sent under the customer's id or one of its aliases as they stand today."""
    senders = {customer_id, *customer["aliases"]}
    return [event for event in events if event["customer_id"] in senders]


def counts_for(contract: Mapping[str, Any], event: Event) -> bool:
    """Whether the usage filter in force at the event's timestamp lets it through; before the first there is none."""
    started = [each for each in contract["usage_filters"] if each["starting_at"] <= event["timestamp"]]
    if not started:
        return True
    in_force = max(started, key=lambda each: each["starting_at"])
    return text_of(event["properties"], in_force["key"]) in in_force["values"]
