"""On which days statement periods begin: no export says so, but the invoices in it show it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from engine.metronome.import_rows import ImportRows
from engine.metronome.request_body import Body, Row
from engine.values.period import format_instant

_ON_THE_FIRST = (1, 0, 0, 0)


def statement_schedule(contract: Row, body: Body, rows: ImportRows, notes: list[str]) -> Body:
    """The statement schedule of a contract, if it is to be another than `body` has: by the ends of its usage invoices.

    Without such invoices periods begin on the first of the month. Exports that duckbill wrote say it themselves.
    """
    ends = [] if rows.is_own else sorted(set(_ends(contract, rows)))
    if not ends or all((end.day, end.hour, end.minute, end.second) == _ON_THE_FIRST for end in ends):
        return {}
    anchor = ends[0]
    notes.append(f"contract {contract['id']}: its statement periods are counted from {format_instant(anchor)}")
    schedule = {**body.get("usage_statement_schedule", {}), "day": "CUSTOM_DATE"}
    return {"usage_statement_schedule": {**schedule, "billing_anchor_date": format_instant(anchor)}}


def note_of_days(contracts: Iterable[Row], rows: ImportRows) -> Iterator[str]:
    """How many contracts there are whose statement days nothing shows."""
    unknown = [] if rows.is_own else [each["id"] for each in contracts if not any(_ends(each, rows))]
    if unknown:
        named = ", ".join(unknown[:3]) + (", ..." if len(unknown) > 3 else "")
        what = f"{len(unknown)} contracts have no usage invoice"
        yield f"{what}: their statements begin on the first of the month ({named})"


def _ends(contract: Row, rows: ImportRows) -> Iterator[datetime]:
    """Where usage statements of the contract end, but for where it ends itself."""
    for table in ("invoice", "draft_invoice"):
        for row in rows.of(table, contract["id"]):
            start, end = row["start_timestamp"], row["end_timestamp"]
            if start is not None and end is not None and start < end != contract["ending_before"]:
                yield end
