"""What a run must know of the invoices of its billing period that are finalized or void: it leaves them as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from engine.rating.arrow_tables import INSTANT
from engine.rating.earlier import ThresholdCommit
from engine.values.numbers import MAX_DIGITS

_AMOUNT = pa.decimal128(MAX_DIGITS, 26)
_TEXT = pa.string()

#: What closed invoices took of balances. Grain: segment_id, invoice_id.
DRAWS = pa.schema(
    {
        "segment_id": _TEXT,
        "invoice_id": _TEXT,
        "invoice_contract_id": _TEXT,
        "deducted_at": INSTANT,
        "amount": _AMOUNT,
        "line_item_ids": _TEXT,
        "is_void": pa.bool_(),
    }
)

#: True-ups of postpaid commits that are on closed invoices. Grain: commit_id.
TRUEUPS = pa.schema(
    {
        "commit_id": _TEXT,
        "invoice_id": _TEXT,
        "invoice_contract_id": _TEXT,
        "charged_at": INSTANT,
        "amount": _AMOUNT,
        "line_item_ids": _TEXT,
    }
)

#: Under which id an invoice is issued whose first one is closed, and whether it is to be billed. Grain: base_id.
SLOTS = pa.schema(
    {"base_id": _TEXT, "invoice_id": _TEXT, "regenerated_from_invoice_id": _TEXT, "is_closed": pa.bool_()}
)

#: What finalized invoices of later billing periods took of balances. Grain: segment_id.
LATER_DRAWS = pa.schema({"segment_id": _TEXT, "amount": _AMOUNT})

#: Statement periods whose usage invoice is closed.
STATEMENTS = pa.schema(
    {"customer_id": _TEXT, "contract_id": _TEXT, "period_starting_at": INSTANT, "period_ending_before": INSTANT}
)


#: In which order the outputs stand once closed rows have joined those of a run, which is that of the stages that make
#: them: those that are not named go by all their columns.
ORDER = {
    "invoices": ("customer_name", "customer_id", "coalesce(starting_at, issued_at)", "contract_id", "type", "id"),
    "line_items": ("invoice_id",),
}


@dataclass(frozen=True)
class Closed:
    """The finalized and void invoices of the billing period that a run bills, as they were published.

    `rows` has, by the name of an output, the rows that belong to them, in that output's columns and order: every run
    publishes them again as they are. `draws` is what they took of balances, of which void ones gave back all; the
    other tables are as their schemas here say. `threshold_commits` is what thresholds released on finalized ones.
    """

    rows: dict[str, pa.Table]
    draws: pa.Table
    trueups: pa.Table
    slots: pa.Table
    later_draws: pa.Table
    statements: pa.Table
    threshold_commits: tuple[ThresholdCommit, ...]

    def only(self, customers: frozenset[str]) -> Closed:
        """What belongs to these customers; what others drew matters to nobody else, but is kept."""
        ids = pa.array(sorted(customers), _TEXT)
        return replace(
            self,
            rows={name: table.filter(pc.is_in(table["customer_id"], ids)) for name, table in self.rows.items()},
            statements=self.statements.filter(pc.is_in(self.statements["customer_id"], ids)),
        )

    def reopened(self) -> Closed:
        """What finalized invoices would be now: they are billed under their ids as if they were drafts, void ones are
        not.
        """
        if "invoices" not in self.rows:
            return self
        invoices = self.rows["invoices"]
        void = invoices.filter(pc.equal(invoices["status"], "VOID"))["id"].combine_chunks()
        stays = pc.and_(self.slots["is_closed"], pc.is_in(self.slots["invoice_id"], void))
        position = self.slots.schema.get_field_index("is_closed")
        slots = self.slots.set_column(position, SLOTS.field("is_closed"), stays)
        return replace(NOTHING_CLOSED, slots=slots, later_draws=self.later_draws)

    def drawn(self) -> dict[str, Decimal]:
        """What finalized invoices took of each segment."""
        taken = self.draws.filter(pc.invert(self.draws["is_void"]))
        sums = taken.group_by("segment_id").aggregate([("amount", "sum")])
        return dict(zip(sums["segment_id"].to_pylist(), sums["amount_sum"].to_pylist(), strict=True))

    def billed_until(self, earlier: Mapping[str, datetime]) -> dict[str, datetime]:
        """Where the last usage statement of each contract ends that is billed: by earlier periods, which
        `earlier` has by contract id, or on closed invoices.
        """
        until = dict(earlier)
        for row in self.statements.to_pylist():
            contract_id, end = row["contract_id"], row["period_ending_before"]
            until[contract_id] = max(end, until.get(contract_id, end))
        return until


#: Nothing is finalized or void.
NOTHING_CLOSED = Closed(
    rows={},
    draws=DRAWS.empty_table(),
    trueups=TRUEUPS.empty_table(),
    slots=SLOTS.empty_table(),
    later_draws=LATER_DRAWS.empty_table(),
    statements=STATEMENTS.empty_table(),
    threshold_commits=(),
)


def closed_inputs(closed: Closed) -> dict[str, pa.Table]:
    """The tables `closed_draws`, `closed_releases`, `closed_statements`, `closed_trueups`, `invoice_slots` and
    `later_draws`.
    """
    released = [each.segment_id for each in closed.threshold_commits]
    return {
        "closed_draws": closed.draws,
        "closed_releases": pa.table({"segment_id": pa.array(released, _TEXT)}),
        "closed_statements": closed.statements,
        "closed_trueups": closed.trueups,
        "invoice_slots": closed.slots,
        "later_draws": closed.later_draws,
    }
