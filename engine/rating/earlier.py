"""What runs of earlier periods have published, as far as a run must know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class ThresholdKind(StrEnum):
    """Why a threshold released a commit: the balance had fallen to it, or the spend had reached it."""

    PREPAID_BALANCE = "PREPAID_BALANCE"
    SPEND = "SPEND"


@dataclass(frozen=True, slots=True)
class ThresholdCommit:
    """A commit that an earlier run released, with its one segment.

    Its product, its rate type and what it applies to are what the contract's configuration of that kind says now.
    `written_ending_before` is where it would end if its contract did not end before.
    """

    kind: ThresholdKind
    balance_id: str
    balance_name: str
    contract_id: str
    segment_id: str
    amount: Decimal
    starting_at: datetime
    ending_before: datetime
    written_ending_before: datetime
    credit_type_id: str
    priority: Decimal


@dataclass(frozen=True, slots=True)
class Earlier:
    """The published runs of the periods before the one that is billed.

    `drawn` is what they drew of each segment of a balance, by segment id: amounts, or units of a QUANTITY balance.
    `rollovers` is what rolled over into a new balance, by the id of the new balance's segment. `threshold_commits` are
    the commits that thresholds released. `billed` says, by contract id, where the last usage statement ends that was
    billed.
    """

    drawn: Mapping[str, Decimal] = field(default_factory=dict)
    rollovers: Mapping[str, Decimal] = field(default_factory=dict)
    threshold_commits: tuple[ThresholdCommit, ...] = ()
    billed: Mapping[str, datetime] = field(default_factory=dict)


#: Nothing has been published before.
EMPTY = Earlier()
