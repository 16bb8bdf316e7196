"""The invoices of a billing period that are closed, finalized or void, as the runs after them find them (DESIGN §8)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from engine.errors import UserError
from engine.invoices.earlier import CANCELED, DEDUCTION, threshold_commit
from engine.invoices.publish import INVOICES, Outputs
from engine.invoices.transition import Transition
from engine.rating.closed import DRAWS, LATER_DRAWS, NOTHING_CLOSED, SLOTS, STATEMENTS, TRUEUPS, Closed
from engine.values.ids import derived_id

FINALIZED = "FINALIZED"
VOID = "VOID"

#: Outputs of which closed invoices keep their rows, and the column that names the invoice.
_ROWS_BY_INVOICE = {
    "line_items": "invoice_id",
    "unrated": "statement_invoice_id",
    "not_entitled": "statement_invoice_id",
    "threshold_commits": "invoice_id",
}

_TRUEUP = "_TRUEUP"


def read_closed(outputs: Outputs, label: str, transition: Transition, *, are_drafts: bool = False) -> Closed:
    """The closed invoices of a billing period as its published run has them, once `transition` has happened.

    `are_drafts` says that all of them are known to be drafts: then they are not read, so that a damaged file is made
    again by the run. Raises UserError when the transition names an invoice that is not finalized, or not void, and
    CorruptFileError when a published file has changed.
    """
    later = _later_draws(outputs, label)
    invoices = None if are_drafts else outputs.read(INVOICES, label)
    if invoices is None:
        return replace(NOTHING_CLOSED, later_draws=later)
    closed = _after(invoices.filter(pc.is_in(invoices["status"], pa.array([FINALIZED, VOID]))), transition, label)
    if not closed.num_rows:
        return replace(NOTHING_CLOSED, later_draws=later)
    slots = _slots(closed)
    billed = _ids(closed, FINALIZED)
    rows = {INVOICES: closed, "line_items": _of(outputs, "line_items", label, _ids(closed))}
    rows |= {name: _of(outputs, name, label, billed) for name in ("unrated", "not_entitled", "threshold_commits")}
    rows["metered_usage"] = _metered(outputs, label, closed)
    ledger = outputs.published("ledger", label)
    return Closed(
        rows=rows,
        draws=_draws(ledger, closed),
        trueups=_trueups(ledger, slots),
        slots=slots,
        later_draws=later,
        statements=_statements(closed, slots),
        threshold_commits=tuple(threshold_commit(row) for row in rows["threshold_commits"].to_pylist()),
    )


def regenerated_id(invoice_id: str) -> str:
    """The id under which an invoice is billed anew."""
    return derived_id("invoice", invoice_id, "regenerated")


def closed_digest(closed: Closed) -> dict[str, str]:
    """What tells one state of closed invoices from another, for the run id; empty when there are none."""
    told: dict[str, str] = {}
    if INVOICES in closed.rows:
        told["invoices"] = invoices_digest(closed.rows[INVOICES])
    if closed.later_draws.num_rows:
        told["later_draws"] = _digest([str(row) for row in closed.later_draws.to_pylist()])
    return told


def invoices_digest(invoices: pa.Table) -> str:
    """The same for an `invoices` table, of which drafts do not count."""
    columns = ("id", "status", "content_hash", "regenerated_as_invoice_id")
    closed = invoices.filter(pc.not_equal(invoices["status"], "DRAFT")).select(columns)
    return _digest(json.dumps(list(row.values())) for row in closed.to_pylist())


def _digest(rows: Sequence[str] | Iterator[str]) -> str:
    return hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()


def _after(closed: pa.Table, transition: Transition, label: str) -> pa.Table:
    """The closed invoices once these are void and those are billed anew."""
    if not (transition.voided or transition.regenerated):
        return closed
    rows = closed.to_pylist()
    by_id = {row["id"]: row for row in rows}
    for invoice_id, (moment, reason) in transition.voided.items():
        row = by_id.get(invoice_id)
        if row is None or row["status"] != FINALIZED:
            raise UserError(f"invoice {invoice_id} is no finalized invoice of {label}; only those can be voided")
        row |= {"status": VOID, "voided_at": moment, "void_reason": reason}
    for invoice_id in transition.regenerated:
        row = by_id.get(invoice_id)
        if row is None or row["status"] != VOID or row["regenerated_as_invoice_id"] is not None:
            raise UserError(f"invoice {invoice_id} is no void invoice of {label} that has not been regenerated yet")
        row["regenerated_as_invoice_id"] = regenerated_id(invoice_id)
    return pa.Table.from_pylist(rows, schema=closed.schema)


def _slots(closed: pa.Table) -> pa.Table:
    """One row for the first of each chain of regenerated invoices, with the last of it."""
    columns = ("id", "status", "regenerated_from_invoice_id", "regenerated_as_invoice_id")
    rows = {row["id"]: row for row in closed.select(columns).to_pylist()}
    slots = []
    for first in rows.values():
        if first["regenerated_from_invoice_id"] is not None:
            continue
        last = first
        while last["regenerated_as_invoice_id"] in rows:
            last = rows[last["regenerated_as_invoice_id"]]
        anew = last["regenerated_as_invoice_id"]
        slots.append(
            {
                "base_id": first["id"],
                "invoice_id": last["id"] if anew is None else anew,
                "regenerated_from_invoice_id": last["regenerated_from_invoice_id"] if anew is None else last["id"],
                "is_closed": anew is None,
            }
        )
    return pa.Table.from_pylist(slots, schema=SLOTS)


def _ids(closed: pa.Table, status: str | None = None) -> pa.Array:
    chosen = closed if status is None else closed.filter(pc.equal(closed["status"], status))
    return chosen["id"].combine_chunks()


def _of(outputs: Outputs, output: str, label: str, invoice_ids: pa.Array) -> pa.Table:
    """The rows of an output that belong to these invoices."""
    table = outputs.published(output, label)
    return table.filter(pc.is_in(table[_ROWS_BY_INVOICE[output]], invoice_ids))


def _metered(outputs: Outputs, label: str, closed: pa.Table) -> pa.Table:
    """What was metered for the statements of finalized invoices."""
    usage = closed.filter(pc.and_(pc.equal(closed["type"], "USAGE"), pc.equal(closed["status"], FINALIZED)))
    statements = usage.select(["contract_id", "starting_at"]).rename_columns(["contract_id", "period_starting_at"])
    metered = outputs.published("metered_usage", label)
    # A join would not keep the order of the rows.
    position = pa.array(range(metered.num_rows), pa.int64())
    kept = metered.append_column("position", position).join(
        statements, keys=["contract_id", "period_starting_at"], join_type="left semi", use_threads=False
    )
    return kept.sort_by("position").drop_columns("position")


def _draws(ledger: pa.Table, closed: pa.Table) -> pa.Table:
    void = set(_ids(closed, VOID).to_pylist())
    taken = ledger.filter(
        pc.and_(pc.ends_with(ledger["type"], DEDUCTION), pc.is_in(ledger["invoice_id"], _ids(closed)))
    )
    return pa.table(
        {
            "segment_id": taken["segment_id"],
            "invoice_id": taken["invoice_id"],
            "invoice_contract_id": taken["invoice_contract_id"],
            "deducted_at": taken["timestamp"],
            "amount": pc.negate(taken["amount"]),
            "line_item_ids": taken["line_item_ids"],
            "is_void": pa.array([each in void for each in taken["invoice_id"].to_pylist()], pa.bool_()),
        }
    ).cast(DRAWS)


def _trueups(ledger: pa.Table, slots: pa.Table) -> pa.Table:
    standing = slots.filter(slots["is_closed"])["invoice_id"].combine_chunks()
    entries = ledger.filter(pc.and_(pc.ends_with(ledger["type"], _TRUEUP), pc.is_in(ledger["invoice_id"], standing)))
    return pa.table(
        {
            "commit_id": entries["balance_id"],
            "invoice_id": entries["invoice_id"],
            "invoice_contract_id": entries["invoice_contract_id"],
            "charged_at": entries["timestamp"],
            "amount": pc.negate(entries["amount"]),
            "line_item_ids": entries["line_item_ids"],
        }
    ).cast(TRUEUPS)


def _statements(closed: pa.Table, slots: pa.Table) -> pa.Table:
    """The statement periods that are not billed again."""
    standing = slots.filter(slots["is_closed"])["invoice_id"].combine_chunks()
    usage = closed.filter(pc.and_(pc.equal(closed["type"], "USAGE"), pc.is_in(closed["id"], standing)))
    columns = ("customer_id", "contract_id", "starting_at", "ending_before")
    return usage.select(columns).rename_columns(list(STATEMENTS.names)).cast(STATEMENTS)


def _later_draws(outputs: Outputs, label: str) -> pa.Table:
    """What finalized invoices of later billing periods took of each segment."""
    taken = []
    for later in outputs.billing_periods():
        if later <= label:
            continue
        invoices = outputs.published(INVOICES, later, ("id", "status"))
        finalized = _ids(invoices, FINALIZED)
        if len(finalized):
            ledger = outputs.published("ledger", later, ("segment_id", "type", "amount", "invoice_id"))
            of_these = ledger.filter(pc.is_in(ledger["invoice_id"], finalized))
            taken += [of_these.filter(pc.ends_with(of_these["type"], each)) for each in (DEDUCTION, CANCELED)]
    if not any(each.num_rows for each in taken):
        return LATER_DRAWS.empty_table()
    total = pa.concat_tables(taken, promote_options="permissive").group_by("segment_id").aggregate([("amount", "sum")])
    summed = pa.table({"segment_id": total["segment_id"], "amount": pc.negate(total["amount_sum"])})
    return summed.cast(LATER_DRAWS).sort_by("segment_id")
