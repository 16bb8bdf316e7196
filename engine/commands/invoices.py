"""`duckbill invoices`: looking at what was published."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.commands.options import (
    HERE,
    AsOfOption,
    CustomerOption,
    LatestPeriodOption,
    PeriodOption,
    RowsOption,
    WorkspaceOption,
    opened_workspace,
)
from engine.formats import Format
from engine.values.windows import BreakdownWindow

invoices_app = typer.Typer(help="Look at published invoices.", no_args_is_help=True)


@invoices_app.command("list")
def list_invoices(
    period: LatestPeriodOption = None, workspace: WorkspaceOption = HERE, output: RowsOption = Format.table
) -> None:
    """The published invoices of a billing period; every format but the table has all columns."""
    from engine.describe import INVOICE_COLUMNS
    from engine.output import write_rows

    with opened_workspace(workspace) as opened:
        rows = opened.invoices(period)
        write_rows(rows, output, in_table=("id", *INVOICE_COLUMNS))


@invoices_app.command("breakdown")
def break_down(
    period: PeriodOption,
    window: Annotated[BreakdownWindow, typer.Option(help="How the time is cut, in UTC.")] = BreakdownWindow.DAY,
    customer: CustomerOption = None,
    as_of: AsOfOption = None,
    workspace: WorkspaceOption = HERE,
    output: RowsOption = Format.table,
) -> None:
    """The line items of a period cut into days or hours, from the events as they are now; they add up to the lines."""
    from engine.describe import BREAKDOWN_COLUMNS, moving
    from engine.output import write_rows

    with opened_workspace(workspace) as opened:
        rows = opened.breakdown(period, window=window, customer=customer, as_of=as_of)
        write_rows(moving(rows).select(*BREAKDOWN_COLUMNS) if output is Format.table else rows, output)


@invoices_app.command("show")
def show_invoice(
    invoice: Annotated[str, typer.Argument(help="An invoice id, or a customer by name, id or ingest alias.")],
    period: LatestPeriodOption = None,
    workspace: WorkspaceOption = HERE,
    output: RowsOption = Format.table,
) -> None:
    """The line items of one invoice, or of all of a customer's; every format but the table has all columns."""
    from engine.describe import describe_lines
    from engine.output import write_rows

    with opened_workspace(workspace) as opened:
        rows = opened.invoice_lines(invoice, period)
        if output is not Format.table:
            write_rows(rows, output)
            return
        named = {line["invoice_id"] for line in rows.dicts()} | {invoice}
        describe_lines(rows, [each for each in opened.invoices(period).dicts() if each["id"] in named])
