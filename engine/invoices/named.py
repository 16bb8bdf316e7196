"""Published invoices that a person names, for something that is to become of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from engine.errors import UserError
from engine.invoices.closed import FINALIZED, VOID
from engine.invoices.families import OUTPUTS, kin, with_families
from engine.invoices.publish import INVOICES, Outputs
from engine.invoices.transition import Transition
from engine.values.period import format_instant

#: How many invoices a message names.
_NAMED = 20


@dataclass(frozen=True, slots=True)
class Voiding:
    """Who voids, when and why; and whether what is void is billed anew."""

    now: datetime
    reason: str
    regenerate: bool


def period_of_invoices(outputs: Outputs, invoice_ids: Sequence[str], label: str | None) -> str:
    """The billing period that has these invoices, looked for in `label` when one is given, else in all, latest first.

    Raises UserError for an id that no published invoice has, with the nearest, and when they are of several periods.
    """
    missing = set(invoice_ids)
    if not missing:
        raise UserError("name an invoice, or a period whose invoices are meant")
    periods: dict[str, str] = {}
    known: list[str] = []
    for each in reversed(outputs.billing_periods()) if label is None else (label,):
        ids = outputs.published(INVOICES, each, ("id",))["id"]
        found = ids.filter(pc.is_in(ids, pa.array(sorted(missing), pa.string()))).to_pylist()
        periods |= dict.fromkeys(found, each)
        missing -= set(found)
        if not missing:
            break
        known += ids.to_pylist()
    if missing:
        raise UserError("\n".join(_unknown(each, known, label) for each in sorted(missing)))
    several = sorted(set(periods.values()))
    if len(several) > 1:
        parts = "; ".join(
            f"{period} has {', '.join(sorted(each for each in periods if periods[each] == period))}"
            for period in several
        )
        raise UserError(f"these invoices are of several billing periods, and each is published by itself: {parts}")
    return several[0]


def transition_of(
    connection: duckdb.DuckDBPyConnection, outputs: Outputs, label: str, invoice_ids: Iterable[str], voiding: Voiding
) -> Transition:
    """What is to become of these invoices of a billing period, and of those that stand and fall with them.

    Raises UserError for a draft, and for an invoice that is void already, or has been billed anew.
    """
    published = {name: outputs.published(name, label) for name in OUTPUTS}
    rows = _rows(published[INVOICES])
    problems = [_refused(rows[each], label, voiding.regenerate) for each in dict.fromkeys(invoice_ids)]
    if any(problems):
        raise UserError("\n".join(each for each in problems if each))
    members = with_families(kin(connection, published), invoice_ids)
    voided = [each for each in members if rows[each]["status"] == FINALIZED]
    void = [each for each in members if rows[each]["status"] == VOID and not rows[each]["regenerated_as_invoice_id"]]
    return Transition(
        voided=dict.fromkeys(sorted(voided), (voiding.now, voiding.reason)),
        regenerated=frozenset(voided + void) if voiding.regenerate else frozenset(),
    )


def selected_invoices(outputs: Outputs, label: str, customers: frozenset[str] | None, *, with_void: bool) -> list[str]:
    """The finalized invoices of a billing period, of these customers or of all; `with_void` also those that are void
    and have not been billed anew. Raises UserError when there is none.
    """
    invoices = outputs.published(INVOICES, label)
    wanted = pc.equal(invoices["status"], FINALIZED)
    if with_void:
        is_open = pc.is_null(invoices["regenerated_as_invoice_id"])
        wanted = pc.or_(wanted, pc.and_(pc.equal(invoices["status"], VOID), is_open))
    if customers is not None:
        wanted = pc.and_(wanted, pc.is_in(invoices["customer_id"], pa.array(sorted(customers), pa.string())))
    found: list[str] = invoices["id"].filter(wanted).to_pylist()
    if not found:
        whose = f"no invoice of {label}" if customers is None else f"no invoice of {label} of these customers"
        raise UserError(
            f"{whose} is finalized{' or void' if with_void else ''}; see: duckbill invoices list -p {label}"
        )
    return found


def _refused(invoice: Mapping[str, object], label: str, regenerate: bool) -> str | None:
    """Why nothing can become of an invoice."""
    what = f"invoice {invoice['id']} of {invoice['customer_name']}"
    anew = invoice["regenerated_as_invoice_id"]
    if invoice["status"] == "DRAFT":
        return f"{what} is a draft, which the next run of {label} computes anew; only what is final can be voided"
    if invoice["status"] == VOID and anew is not None:
        return f"{what} has been billed anew, as invoice {anew}"
    if invoice["status"] == VOID and not regenerate:
        since = invoice["voided_at"]
        assert isinstance(since, datetime)
        return f"{what} is void since {format_instant(since)}; to bill it anew: duckbill regenerate {invoice['id']}"
    return None


def _unknown(invoice_id: str, known: Sequence[str], label: str | None) -> str:
    """That nothing has this id; only ids that have a part of it in common are compared with it, letter by letter."""
    parts = set(invoice_id.split("-"))
    near = get_close_matches(invoice_id, [each for each in known if parts & set(each.split("-"))], n=1)
    remedy = f"did you mean {near[0]!r}?" if near else "see: duckbill invoices list"
    return f"no published invoice{f' of {label}' if label is not None else ''} has the id {invoice_id!r}; {remedy}"


def _rows(invoices: pa.Table) -> dict[str, dict[str, object]]:
    columns = ("id", "customer_name", "status", "voided_at", "regenerated_as_invoice_id")
    return {row["id"]: row for row in invoices.select(columns).to_pylist()}
