"""`duckbill late-usage`: what arrived after invoices were finalized."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.commands.options import HERE, IsolateOption, RowsOption, WorkspaceOption, opened_workspace
from engine.formats import Format

_COLUMNS = (
    *("billing_period", "customer_name", "product_name", "pricing_group_values", "late_events", "outcome"),
    *("late_quantity", "late_amount", "corrected_amount", "currency", "reason"),
)


def late_usage(
    period: Annotated[
        str | None,
        typer.Option("--period", "-p", help="A calendar month; every one that events were late for when left out."),
    ] = None,
    isolate: IsolateOption = False,
    workspace: WorkspaceOption = HERE,
    output: RowsOption = Format.table,
) -> None:
    """What finalized invoices would be now, from all events, less what they are; see late_usage in duckbill.toml.

    Amounts are before commits and credits. Every format but the table has all columns.
    """
    from engine.output import write_rows

    with opened_workspace(workspace) as opened:
        rows = opened.late_usage(period, isolate=isolate)
        write_rows(rows, output, in_table=_COLUMNS)
