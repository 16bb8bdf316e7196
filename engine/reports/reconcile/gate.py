"""The controls that stand before finalization: those that need neither a bill nor the content of event files."""

from __future__ import annotations

from pathlib import Path

import duckdb

from engine.reports.reconcile.all_controls import CONTROLS
from engine.reports.reconcile.control import Status
from engine.reports.reconcile.controls import Evidence, run_controls
from engine.reports.reconcile.relations import ContentHashes, relations
from engine.values.period import parse_period


def failed_gate(
    lake: Path, label: str, content_hashes: ContentHashes, connection: duckdb.DuckDBPyConnection
) -> tuple[str, ...]:
    """The controls of a published billing period that fail, as `C07 invoices: 12 is not 11`; none is good.

    Raises nothing for damaged files: what cannot be read fails its control. A period that is not published has none.
    """
    found = relations(lake.parent, lake, parse_period(label), content_hashes)
    if found is None:
        return ()
    gate = [control for control in CONTROLS if control.in_gate]
    rows = run_controls(connection, lake.parent, found, Evidence(""), gate)
    return tuple(
        f"{row.check_id} {row.scope}: {row.explanation if row.left is None else f'{row.left} is not {row.right}'}"
        for row in rows
        if row.status == Status.FAIL
    )
