"""Why an invoice is another one: the causes that a difference is told by."""

from __future__ import annotations

from enum import StrEnum


class Cause(StrEnum):
    """What was replaced in a step; see the README of this folder for the steps and their order."""

    SELECTION = "selection"
    INVOICE_LIFE = "invoice_life"
    ENGINE_VERSION = "engine_version"
    LATE_EVENTS = "late_events"
    METRIC = "metric"
    PRICE = "price"
    OVERRIDE = "override"
    CONTRACT = "contract"
    BALANCE = "balance"
    SETTINGS = "settings"


#: The cause of each step, in the order of the steps. What either side may have, void invoices and another engine than
#: the present one, comes first for the side before and last for the side after.
STEPS = (
    Cause.INVOICE_LIFE,
    Cause.ENGINE_VERSION,
    Cause.LATE_EVENTS,
    Cause.METRIC,
    Cause.PRICE,
    Cause.OVERRIDE,
    Cause.CONTRACT,
    Cause.BALANCE,
    Cause.SETTINGS,
    Cause.SELECTION,
    Cause.ENGINE_VERSION,
    Cause.INVOICE_LIFE,
)
FIRST, LAST = 1, len(STEPS)


def step_of(cause: Cause, *, is_after: bool = False) -> int:
    """The number of a cause's step, counted from 1; the later one of the side after when there are two."""
    numbers = [number for number, each in enumerate(STEPS, start=FIRST) if each is cause]
    return numbers[-1] if is_after else numbers[0]
