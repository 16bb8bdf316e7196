"""What has been published, as people ask for it: of the latest billing period, of one, or of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from engine.catalog.catalog import Catalog
from engine.errors import UserError
from engine.executors.duckdb import DuckDBExecutor
from engine.invoices.earlier import read_earlier
from engine.invoices.publish import Outputs
from engine.reports.balances import BalancesQuestion, balances_at, ledger_entries
from engine.result import Rows
from engine.run_folder import recorded_events
from engine.values.period import parse_period, period_of


def published_periods(outputs: Outputs, period: str | None) -> list[str]:
    """The published billing periods, oldest first, or the one asked for; raises UserError when there is none."""
    known = outputs.billing_periods()
    if not known:
        raise UserError("nothing has been published yet; run a period first: duckbill run --period YYYY-MM")
    if period is None:
        return known
    label = parse_period(period).label
    outputs.check_published([label])
    return [label]


def published_output(outputs: Outputs, output: str, period: str | None) -> Rows:
    """An output of a billing period, by default the latest."""
    label = published_periods(outputs, period)[-1]
    return Rows(outputs.published(output, label, None))


def _by_period(
    outputs: Outputs, output: str, periods: Sequence[str], customer_id: str | None, columns: Sequence[str] | None
) -> dict[str, pa.Table]:
    """An output by billing period, only of one customer when one is given, only these columns when some are."""
    found = {}
    for label in periods:
        table = outputs.published(output, label, columns)
        found[label] = table if customer_id is None else table.filter(pc.equal(table["customer_id"], customer_id))
    return found


def lines_of(outputs: Outputs, catalog: Catalog, invoice: str, period: str | None) -> Rows:
    """The lines of one published invoice by its id, or of all of a customer's by name, id or alias."""
    lines = published_output(outputs, "line_items", period).arrow()
    if invoice in lines.column("invoice_id").to_pylist():
        return Rows(lines.filter(pc.equal(lines.column("invoice_id"), invoice)))
    try:
        customer = catalog.customer_named(invoice).id
    except UserError as error:
        raise UserError(f"no published invoice or customer {invoice!r}; see: duckbill invoices list") from error
    return Rows(lines.filter(pc.equal(lines.column("customer_id"), customer)))


def published_balances(
    outputs: Outputs, catalog: Catalog, at: datetime, customer_id: str | None, executor: DuckDBExecutor
) -> Rows:
    """What balances hold at an instant, as far as billing periods have been published; see `reports/balances.py`."""
    month = period_of(at).label
    runs = {label: run_id for label, run_id in outputs.published_runs().items() if label <= month}
    question = BalancesQuestion(at, customer_id, max(runs, default=None))
    return Rows(balances_at(catalog, question, read_earlier(outputs, runs, until=at), executor))


def published_ledger(
    outputs: Outputs,
    catalog: Catalog,
    period: str | None,
    customer_id: str | None,
    balance: str | None,
    executor: DuckDBExecutor,
) -> Rows:
    """The ledger entries of a billing period, by default of all, of one customer or balance when named."""
    periods = published_periods(outputs, period)
    ledgers = _by_period(outputs, "ledger", periods, customer_id, None)
    names = ("customer_id", "balance_id", "balance_name")
    balances = _by_period(outputs, "segment_balances", periods, customer_id, names)
    return Rows(ledger_entries(catalog, ledgers, balances, balance, executor))


def run_saw(root: Path, billing_period: str, version: int, arrived: datetime) -> bool | None:
    """Whether the published run of a billing period saw an event; None when its record is gone."""
    run_id = Outputs(root / "lake").published_run(billing_period)
    seen = None if run_id is None else recorded_events(root / "runs" / run_id)
    return None if seen is None else seen.has(version, arrived)
