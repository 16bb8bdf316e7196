"""What people read after a command: tables on stdout, where to look next on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pyarrow.compute as pc

from engine.errors import Problem
from engine.landing import Landing
from engine.metrics.text import caret
from engine.output import counted, note, print_table
from engine.result import Rows, shown
from engine.runs import Run

#: What people are shown of an invoice and of a line; every other format has all columns.
INVOICE_COLUMNS = (
    "customer_name",
    "type",
    "starting_at",
    "ending_before",
    "issued_at",
    "status",
    "line_items",
    "currency",
    "total",
)
LINE_COLUMNS = (
    "name",
    "pricing_group_values",
    "presentation_group_values",
    "starting_at",
    "ending_before",
    "tier_level",
    "quantity",
    "unit_price",
    "total",
    "currency",
    "override_type",
    "override_reason",
)
BALANCE_COLUMNS = (
    "customer_name",
    "balance_name",
    "kind",
    "starting_at",
    "ending_before",
    "granted",
    "manual",
    "drawn",
    "balance",
    "currency",
    "as_of_period",
)
LEDGER_COLUMNS = (
    "customer_name",
    "billing_period",
    "balance_name",
    "type",
    "timestamp",
    "amount",
    "balance_after",
    "currency",
    "reason",
)
ALERT_COLUMNS = (
    "alert_name",
    "alert_type",
    "customer_name",
    "threshold",
    "value",
    "currency",
    "crossed_at",
)
INVALID_COLUMNS = (
    "metric_name",
    "customer_id",
    "date",
    "events",
    "properties",
    "sample_transaction_ids",
)
BREAKDOWN_COLUMNS = (
    "customer_name",
    "name",
    "pricing_group_values",
    "presentation_group_values",
    "window_starting_at",
    "tier_level",
    "quantity",
    "unit_price",
    "total",
)


def moving(breakdown: Rows) -> Rows:
    """The rows of a breakdown in which anything was used; the windows between them would only be noise."""
    table = breakdown.arrow()
    return Rows(table.filter(pc.not_equal(table.column("quantity"), 0)))


def describe_landing(landed: Landing) -> None:
    """Counts of accepted, duplicate and rejected events, by reason."""
    summary = landed.summary()
    rows = [(verdict, "", str(summary[verdict])) for verdict in ("read", "accepted", "duplicate", "rejected")]
    for kind in ("duplicates", "reasons"):
        counts = summary[kind]
        assert isinstance(counts, dict)
        verdict = "duplicate" if kind == "duplicates" else "rejected"
        rows += [(verdict, str(reason), str(count)) for reason, count in counts.items()]
    print_table(("verdict", "reason", "events"), rows)
    if summary["already_landed"]:
        note("landed before; nothing was added")
    elif summary["rejected"]:
        note("see the refused lines with: duckbill events rejected")


def describe_run(run: Run) -> None:
    """The invoices of a run, what is on no invoice, and where the evidence lies."""
    _print(run.invoices.dicts(), INVOICE_COLUMNS, f"Invoices of {run.period.label}")
    if run.unchanged:
        note(f"run {run.run_id} is already published and nothing has changed; nothing was done")
    for kind, rows in (
        ("unrated", run.unrated),
        ("not entitled", run.not_entitled),
        ("parked", run.parked),
    ):
        if len(rows):
            note(f"{kind}: {counted(len(rows), 'row')} on no invoice")
    if len(run.invalid_values):
        note(
            f"values that are no numbers count as absent: {counted(len(run.invalid_values), 'row')}; see them with: "
            f"duckbill events invalid --period {run.period.label}"
        )
    note(f"run {run.run_id}: manifest, catalog and compiled SQL are in {run.folder}")


def describe_lines(lines: Rows, invoices: Iterable[Mapping[str, object]]) -> None:
    """The line items of each of these invoices, under what the invoice is and comes to.

    Columns that say nothing on an invoice are left out of its table.
    """
    by_invoice: dict[object, list[dict[str, object]]] = {}
    for line in lines.dicts():
        by_invoice.setdefault(line["invoice_id"], []).append(line)
    for position, invoice in enumerate(invoices):
        if position:
            print()
        # Also in a pipe: without it nobody could tell one invoice's lines from another's.
        print(_title(invoice))
        own = by_invoice.get(invoice["id"], [])
        telling = (name for name in LINE_COLUMNS if any(line[name] not in (None, "{}") for line in own))
        _print(own, tuple(telling), "")


def _title(invoice: Mapping[str, object]) -> str:
    kind = str(invoice["type"]).lower().replace("_", " ")
    when = f"of {shown(invoice['issued_at'])}"
    if invoice["starting_at"] is not None:
        when = f"from {shown(invoice['starting_at'])} to {shown(invoice['ending_before'])}"
    return f"{invoice['customer_name']}, {kind} {when}: {shown(invoice['total'])} {invoice['currency']}"


def describe_ledger(entries: Rows) -> None:
    """What has happened to the balances, entry by entry."""
    _print(entries.dicts(), LEDGER_COLUMNS, "Ledger")


def describe_balances(balances: Rows) -> None:
    """What the balances that are in force hold."""
    _print(balances.dicts(), BALANCE_COLUMNS, "Balances")


def with_source(problem: Problem, source: Callable[[str], str | None]) -> str:
    """A problem's message, and its line with a caret under the place when `source` has the text of its file."""
    text = source(problem.file)
    return str(problem) if text is None else caret(text, problem)


def sql_in(root: Path) -> Callable[[str], str | None]:
    """Gives the text of the SQL metrics of a workspace by the file names that problems carry, and None otherwise."""

    def text(file: str) -> str | None:
        path = root / file
        if path.suffix != ".sql" or not path.is_file():
            return None
        # Problems count columns from after a byte order mark, and what is no UTF-8 is a problem of its own.
        return path.read_bytes().decode("utf-8-sig", "replace")

    return text


def describe_problems(problems: Iterable[Problem], source: Callable[[str], str | None]) -> None:
    """Every problem on stderr, with its line of SQL."""
    for problem in problems:
        note(f"duckbill: {with_source(problem, source)}")


def _print(rows: Iterable[dict[str, object]], columns: tuple[str, ...], title: str) -> None:
    print_table(columns, ([shown(row[column]) for column in columns] for row in rows), title)
