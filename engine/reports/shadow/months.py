"""The calendar months that an export has invoices of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from engine.errors import UserError
from engine.values.period import period_of, periods_through

_MICROSECOND = timedelta(microseconds=1)


def billed_months(tables: Mapping[str, pa.Table]) -> list[str]:
    """The calendar months from the first that an export has an invoice of to the last, without gaps, as labels.

    Usage belongs to the month of its last instant, everything else to the month of its issue. The last month is one
    with usage, where there is any: charges on a schedule may be drafts long before. Raises UserError when there is no
    invoice.
    """
    usage, others = list(_months(tables, is_usage=True)), list(_months(tables, is_usage=False))
    if not usage and not others:
        raise UserError("the export has no invoices to compare with; import it with: duckbill import EXPORT WORKSPACE")
    last = max(usage or others)
    return [month.label for month in periods_through(min(*usage, *others, last), last)]


def _months(tables: Mapping[str, pa.Table], *, is_usage: bool) -> Iterator[str]:
    for name in ("invoice", "draft_invoice"):
        table = tables[name].filter(pc.not_equal(tables[name]["status"], "DRAFT_INCOMPLETE"))
        issued = "issued_at" if name == "invoice" else "duckbill_issued_at"
        places = (table[each].to_pylist() for each in ("duckbill_billing_period", "end_timestamp", issued))
        for label, ending_before, issued_at in set(zip(*places, strict=True)):
            told: datetime | None = ending_before - _MICROSECOND if ending_before is not None else issued_at
            if told is not None and (ending_before is not None) is is_usage:
                yield label or period_of(told).label
