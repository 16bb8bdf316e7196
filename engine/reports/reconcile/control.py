"""What a control is: two sides that must be equal, and what it means when they are not."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Status(StrEnum):
    """SKIPPED controls could not be asked; their explanation says why."""

    PASS = "PASS"
    WARN = "WARN"
    FAIL = "FAIL"
    SKIPPED = "SKIPPED"


@dataclass(frozen=True, slots=True)
class Control:
    """A question in `controls/<sql>.sql`, which gives rows of scope, left, right and perhaps tolerance.

    `on_difference` is the status of a row whose sides differ by more than its tolerance, or than `tolerated_share` of
    the right one. `detail` names the table of `details/` that lists what is behind a difference. Those `in_gate` need
    neither a bill nor the content of event files, and block finalization when they fail.
    """

    check_id: str
    sql: str
    name: str
    left_label: str
    right_label: str
    explanation: str
    detail: str | None = None
    on_difference: Status = Status.FAIL
    tolerated_share: Decimal = Decimal(0)
    in_gate: bool = False
