"""The nights of a plan, passed by the engine: landed, run, failed and mended as the plan has it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from engine.errors import CatalogError, WorkspaceBusyError
from engine.invoices.publish import Outputs
from engine.lock import exclusive
from engine.night import Night as Finished
from engine.workspace import Workspace
from tests.generated.compare import plain
from tests.nights.ai_saas_year import Action, Do, Failure, Night, Year
from tests.nights.expected_year import LINE_COLUMNS, ExpectedYear, FinalInvoice


class PowerCut(BaseException):
    """The process is gone; nothing in it can do anything about that."""


@dataclass
class Passed:
    """What the nights left: the workspace, how each one that ended did, and the counts of what landed."""

    workspace: Workspace
    finished: list[Finished] = field(default_factory=list)
    landed: dict[str, int] = field(default_factory=lambda: {"accepted": 0, "duplicate": 0, "rejected": 0})


def pass_nights(year: Year, root: Path) -> Passed:
    """Every night in order, each with a workspace opened anew, as a scheduler would."""
    year.start(root)
    passed = Passed(Workspace(root))
    for night in year.nights:
        workspace = passed.workspace = Workspace(root)
        landed = workspace.land(night.prepare(root), now=night.now)
        for verdict in passed.landed:
            passed.landed[verdict] += getattr(landed, verdict)
        if night.failure is not None:
            _fail(workspace, night)
            continue
        passed.finished.append(workspace.nightly(now=night.now))
        for action in night.actions:
            _act(workspace, action, night.now)
    return passed


def _fail(workspace: Workspace, night: Night) -> None:
    """A night that publishes nothing, whatever stops it."""
    before = workspace.outputs.published_runs()
    match night.failure:
        case Failure.CATALOG:
            with pytest.raises(CatalogError):
                workspace.nightly(now=night.now)
        case Failure.LOCKED:
            with exclusive(workspace.lake), pytest.raises(WorkspaceBusyError):
                workspace.nightly(now=night.now)
        case Failure.CRASH:
            with pytest.MonkeyPatch.context() as patch, pytest.raises(PowerCut):
                patch.setattr(Outputs, "_commit", _cut_power)
                workspace.nightly(now=night.now)
    assert workspace.outputs.published_runs() == before


def _cut_power(*_: object) -> None:
    raise PowerCut


def _act(workspace: Workspace, action: Action, now: datetime) -> None:
    """Voids or regenerates the invoice of a statement, whichever month it was billed in."""
    customer = workspace.catalog.customers[action.customer - 1].id
    (invoice,) = (
        str(row["id"])
        for period in workspace.outputs.billing_periods()
        for row in workspace.invoices(period).dicts()
        if row["customer_id"] == customer
        and row["type"] == "USAGE"
        and row["starting_at"] == action.starting_at
        and row["regenerated_as_invoice_id"] is None
    )
    if action.do is Do.VOID:
        workspace.void([invoice], reason="billed by mistake", now=now)
    else:
        workspace.regenerate([invoice], reason="billed anew", now=now)


def closed_invoices(workspace: Workspace) -> list[dict[str, Any]]:
    """Every finalized and every void invoice in all published periods, with its lines, as `comparable` has them."""
    return sorted(_closed(workspace), key=_order)


def expected_invoices(expected: ExpectedYear) -> list[dict[str, Any]]:
    """The same of what must be there."""
    return sorted((_comparable(each) for each in expected.invoices), key=_order)


def _closed(workspace: Workspace) -> Iterator[dict[str, Any]]:
    for period in workspace.outputs.billing_periods():
        invoices = {row["id"]: row for row in workspace.invoices(period).dicts()}
        lines: dict[object, list[dict[str, Any]]] = {}
        for line in workspace.line_items(period).dicts():
            lines.setdefault(line["invoice_id"], []).append(plain(line, LINE_COLUMNS))
        for invoice_id, row in invoices.items():
            if row["status"] != "DRAFT":
                yield {
                    "contract": row["contract_id"],
                    "type": row["type"],
                    "starting_at": row["starting_at"],
                    "ending_before": row["ending_before"],
                    "issued_at": row["issued_at"],
                    "generation": _generation(invoices, row),
                    "status": row["status"],
                    "finalized_at": row["finalized_at"],
                    "voided_at": row["voided_at"],
                    "total": Fraction(str(row["total"])),
                    "lines": _ordered(lines.get(invoice_id, [])),
                }


def _generation(invoices: dict[object, dict[str, Any]], row: dict[str, Any]) -> int:
    before = row["regenerated_from_invoice_id"]
    return 0 if before is None else 1 + _generation(invoices, invoices[before])


def _comparable(each: FinalInvoice) -> dict[str, Any]:
    return {
        "contract": each.slot.contract,
        "type": each.slot.type,
        "starting_at": each.slot.starting_at,
        "ending_before": each.slot.ending_before,
        "issued_at": each.slot.issued_at,
        "generation": each.generation,
        "status": each.status,
        "finalized_at": each.finalized_at,
        "voided_at": each.voided_at,
        "total": each.total,
        "lines": _ordered(each.lines),
    }


def _ordered(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(lines, key=lambda line: str(sorted(line.items(), key=str)))


def _order(invoice: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(invoice[name]) for name in ("issued_at", "contract", "type", "starting_at", "generation"))
