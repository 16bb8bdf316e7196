"""`duckbill balances`, `duckbill ledger` and `duckbill alerts`: commits, credits and what became of them."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.commands.options import (
    HERE,
    CustomerOption,
    LatestPeriodOption,
    RowsOption,
    WorkspaceOption,
    opened_workspace,
)
from engine.formats import Format


def balances(
    at: Annotated[str | None, typer.Option("--at", help="RFC 3339 or a day; the present when left out.")] = None,
    customer: CustomerOption = None,
    workspace: WorkspaceOption = HERE,
    output: RowsOption = Format.table,
) -> None:
    """What every commit and credit in force at an instant holds, as far as invoices have been published."""
    from engine.describe import BALANCE_COLUMNS
    from engine.output import write_rows

    with opened_workspace(workspace) as opened:
        rows = opened.balances(at=at, customer=customer)
        write_rows(rows, output, in_table=BALANCE_COLUMNS)


def ledger(
    period: Annotated[str | None, typer.Option("--period", "-p", help="A calendar month; all when left out.")] = None,
    customer: CustomerOption = None,
    balance: Annotated[str | None, typer.Option("--balance", help="One commit or credit, by name or id.")] = None,
    workspace: WorkspaceOption = HERE,
    output: RowsOption = Format.table,
) -> None:
    """The published ledger entries of commits and credits; every format but the table has all columns."""
    from engine.describe import LEDGER_COLUMNS
    from engine.output import write_rows

    with opened_workspace(workspace) as opened:
        rows = opened.ledger(period, customer=customer, balance=balance)
        write_rows(rows, output, in_table=LEDGER_COLUMNS)


def alerts(
    period: LatestPeriodOption = None, workspace: WorkspaceOption = HERE, output: RowsOption = Format.table
) -> None:
    """Who crossed the threshold of an alert in a billing period, and when."""
    from engine.describe import ALERT_COLUMNS
    from engine.output import write_rows

    with opened_workspace(workspace) as opened:
        rows = opened.alerts(period)
        write_rows(rows, output, in_table=ALERT_COLUMNS)
