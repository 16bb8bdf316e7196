"""Which drafts become final, and which are held back for which reason (spec/rating.md §10.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from engine.executors.fixed_sql import fixed_sql

#: What of each invoice of earlier billing periods is asked for, besides `billing_period`.
EARLIER_COLUMNS = (
    "id",
    "customer_id",
    "customer_name",
    "contract_id",
    "type",
    "status",
    "ending_before",
    "total",
)

#: No earlier billing period is published.
NOTHING_EARLIER = pa.schema(
    [
        *((name, pa.string()) for name in EARLIER_COLUMNS[:6]),
        ("ending_before", pa.timestamp("us")),
        ("total", pa.decimal128(38, 26)),
        ("billing_period", pa.string()),
    ]
).empty_table()

#: The outputs of the billing period that are looked at.
LOOKED_AT = ("invoices", "line_items", "ledger", "threshold_commits", "parked")

_REASONS = pa.schema([(name, pa.string()) for name in ("invoice_id", "reason", "detail")])
_NO_REASONS = _REASONS.empty_table()


@dataclass(frozen=True, slots=True)
class ReviewRules:
    """What somebody must look at: see `review.sql`. Without a factor no jump is looked for."""

    jump_factor: Decimal | None = None
    jump_minimum: Decimal = Decimal(0)
    vanished: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for what to become final: at which time, whose invoices, before their grace is over, reviewed or not."""

    now: datetime
    customers: frozenset[str] | None = None
    early: bool = False
    approve: bool = False
    review: ReviewRules = field(default_factory=ReviewRules)


@dataclass(frozen=True)
class Found:
    """What is published, as far as it tells which invoices may become final.

    `published` has the outputs `LOOKED_AT` of the billing period `label` by name, `kin` is what `families.kin` makes of
    them, `earlier` the invoices of the periods before: billing_period and `EARLIER_COLUMNS`. `consolidating` has a row
    for each contract whose statements are put together with a parent's: contract_id, parent_contract_id.
    """

    label: str
    published: Mapping[str, pa.Table]
    kin: pa.Table
    earlier: pa.Table
    consolidating: pa.Table


@dataclass(frozen=True)
class Decision:
    """The ids of the invoices that become final, and those held back: invoice_id, reason, detail, an invoice a row."""

    final: pa.Array
    held: pa.Table


def decide(connection: duckdb.DuckDBPyConnection, found: Found, asked: Asked) -> Decision:
    """Which of the drafts that are asked for become final; the connection has the macros of the executors.

    An invoice is held back for the first reason that is found. What waits for one that is held back is held back, too,
    until nothing more is.
    """
    tables = {
        **found.published,
        "kin": found.kin,
        "earlier_invoices": found.earlier,
        "consolidating_contracts": found.consolidating,
    }
    for name, table in tables.items():
        connection.register(name, table)
    try:
        due = _due(found.published["invoices"], asked)
        held = _first_of_each(_causes(connection, found, asked), due)
        while True:
            final = due.filter(pc.invert(pc.is_in(due, held["invoice_id"].combine_chunks())))
            connection.register("batch", pa.table({"invoice_id": final}))
            waiting = _first_of_each(_reasons(connection, "waiting", period=found.label), final)
            connection.unregister("batch")
            if not waiting.num_rows:
                return Decision(final, held)
            held = pa.concat_tables([held, waiting])
    finally:
        for name in tables:
            connection.unregister(name)


def _due(invoices: pa.Table, asked: Asked) -> pa.Array:
    """The ids of the drafts that are asked for and may be final by now."""
    is_due = pc.equal(invoices["status"], "DRAFT")
    if not asked.early:
        is_due = pc.and_(is_due, pc.less_equal(invoices["finalizes_at"], pa.scalar(asked.now, pa.timestamp("us"))))
    if asked.customers is not None:
        is_due = pc.and_(is_due, pc.is_in(invoices["customer_id"], pa.array(sorted(asked.customers), pa.string())))
    return invoices["id"].filter(is_due).combine_chunks()


def _causes(connection: duckdb.DuckDBPyConnection, found: Found, asked: Asked) -> pa.Table:
    """Why invoices are held back whatever becomes of the others; of one to be looked at, its customer's others, too."""
    parked = _reasons(connection, "family_parked")
    rules = asked.review
    if asked.approve or (rules.jump_factor is None and not rules.vanished):
        return parked
    dividend, divisor = (rules.jump_factor or Decimal(1)).as_integer_ratio()
    reviewed = _reasons(
        connection,
        "review",
        period=found.label,
        factor=None if rules.jump_factor is None else format(rules.jump_factor, "f"),
        dividend=dividend,
        divisor=divisor,
        minimum=rules.jump_minimum,
        vanished=rules.vanished,
    )
    drafts = _of_due(reviewed, _due(found.published["invoices"], asked))
    connection.register("reviewed", drafts)
    others = _reasons(connection, "review_of_customer")
    connection.unregister("reviewed")
    return pa.concat_tables([parked, drafts, others])


def _reasons(connection: duckdb.DuckDBPyConnection, name: str, **values: object) -> pa.Table:
    """The rows of one of the questions of this folder: invoice_id, reason, detail."""
    rows = connection.sql(fixed_sql("engine.invoices", name), params=values or None).to_arrow_table()
    return rows.cast(_REASONS)


def _of_due(reasons: pa.Table, due: pa.Array) -> pa.Table:
    return reasons.filter(pc.is_in(reasons["invoice_id"], due))


def _first_of_each(reasons: pa.Table, due: pa.Array) -> pa.Table:
    """The first reason of each of these invoices, in the order of the reasons."""
    wanted = _of_due(reasons, due)
    position = pa.array(range(wanted.num_rows), pa.int64())
    first = wanted.append_column("position", position).group_by("invoice_id").aggregate([("position", "min")])
    return wanted.take(first["position_min"].combine_chunks()) if wanted.num_rows else _NO_REASONS
