"""What a reconciliation of a billing period found, as everything that shows it reads it."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class ReconciliationModel:
    """The controls of a billing period, what lies behind them, and the figures that picture it.

    `controls`: grain check_id, scope; columns check_id, name, scope, left_label, left, right_label,
    right, diff, tolerance, status ('PASS', 'WARN', 'FAIL', 'SKIPPED'), detail, explanation, query; all
    of them text; left, right, diff and tolerance are plain decimal numbers or NULL (SKIPPED, or nothing
    to compare); detail is the name of a table of `details` or NULL. Ordered by check_id, scope.

    `details`: one table per exception class, by name; tables without a row are there too.

    `figures`: small tables for pictures, all with exact decimals or BIGINT:
    `events_per_day` (day DATE, bucket VARCHAR, events BIGINT), `revenue_by_product` (currency, product_id,
    product_name, amount DECIMAL), `invoices_by_status` (currency, type, status, invoices BIGINT, total DECIMAL),
    `variance_by_customer` (currency, customer_id, customer_name, previous DECIMAL, total DECIMAL,
    change DECIMAL).

    Source of the controls: ecosystem.md §5.3.
    """

    workspace: str
    period: str
    controls: pa.Table
    details: Mapping[str, pa.Table]
    figures: Mapping[str, pa.Table]
    run_id: str
