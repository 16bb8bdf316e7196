"""The usage invoices that contracts would have if they were not parked: Metronome shows them as DRAFT_INCOMPLETE."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from engine.catalog.catalog import Catalog
from engine.metronome.executors import Executors
from engine.metronome.schema import INSTANT, TEXT
from engine.reports.reconcile.evidence import statements_due
from engine.values.ids import derived_id
from engine.values.period import parse_period

#: Columns and grain (id) of what `incomplete_invoices` gives.
INCOMPLETE = pa.schema(
    {
        "id": TEXT,
        "customer_id": TEXT,
        "contract_id": TEXT,
        "starting_at": INSTANT,
        "ending_before": INSTANT,
        "billing_period": TEXT,
        "detail": TEXT,
    }
)


def incomplete_invoices(catalog: Catalog, parked: pa.Table, executors: Executors) -> pa.Table:
    """One invoice for each statement period of each contract that is parked, with the reasons.

    `parked` is the output of that name with a column billing_period. A contract that the catalog has no more has one
    invoice for each billing period, without times.
    """
    reasons: dict[tuple[str, str, str], list[str]] = {}
    for row in parked.to_pylist():
        of = (row["billing_period"], row["contract_id"], row["customer_id"])
        reasons.setdefault(of, []).append(f"{row['reason']}: {row['detail']}")
    due: dict[str, dict[str, list[tuple[datetime, datetime]]]] = {}
    for label in sorted({label for label, _, _ in reasons}):
        with executors() as executor:
            for row in statements_due(catalog, parse_period(label), executor).to_pylist():
                statements = due.setdefault(label, {}).setdefault(row["contract_id"], [])
                statements.append((row["starting_at"], row["ending_before"]))
    rows = []
    for (label, contract_id, customer_id), told in sorted(reasons.items()):
        for starting_at, ending_before in due[label].get(contract_id, [(None, None)]):
            rows.append(
                {
                    "id": _usage_invoice_id(contract_id, starting_at, label),
                    "customer_id": customer_id,
                    "contract_id": contract_id,
                    "starting_at": starting_at,
                    "ending_before": ending_before,
                    "billing_period": label,
                    "detail": "; ".join(dict.fromkeys(told)),
                }
            )
    return pa.Table.from_pylist(rows, schema=INCOMPLETE)


def _usage_invoice_id(contract_id: str, starting_at: datetime | None, label: str) -> str:
    """The id that the invoice gets once the contract is billed (rating/stages/statement_periods.sql)."""
    moment = label if starting_at is None else starting_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return derived_id("invoice", contract_id, moment, "USAGE")
