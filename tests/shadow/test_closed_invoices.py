"""Exports of invoices that are final, void, or billed again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa

from tests.shadow.exported import Exported

Row = dict[str, Any]


def _closed(tables: Mapping[str, pa.Table], statuses: Mapping[str, str]) -> dict[str, pa.Table]:
    """The export with every draft final, or of the status given by id, and issued when a draft says it will be.

    The drafts stand there, too, as they did on the days before.
    """
    invoices = [
        {
            **{name: value for name, value in row.items() if name in tables["invoice"].column_names},
            "status": statuses.get(row["id"], "FINALIZED"),
            "issued_at": row["duckbill_issued_at"],
        }
        for row in tables["draft_invoice"].to_pylist()
    ]
    lines = [
        {name: value for name, value in row.items() if name in tables["line_item"].column_names}
        for row in tables["draft_line_item"].to_pylist()
    ]
    return {
        **tables,
        "invoice": pa.Table.from_pylist(invoices, tables["invoice"].schema),
        "line_item": pa.Table.from_pylist(lines, tables["line_item"].schema),
    }


def _with_copy(tables: Mapping[str, pa.Table], invoice_id: str, new_id: str) -> dict[str, pa.Table]:
    """The export with an invoice once more, under an id of its own."""

    def of(name: str, key: str) -> list[Row]:
        return [row for row in tables[name].to_pylist() if row[key] == invoice_id]

    invoices = [{**row, "id": new_id} for row in of("draft_invoice", "id")]
    lines = [
        {**row, "id": f"{row['id']}-{new_id}", "invoice_id": new_id} for row in of("draft_line_item", "invoice_id")
    ]
    return {
        **tables,
        "draft_invoice": _appended(tables["draft_invoice"], invoices),
        "draft_line_item": _appended(tables["draft_line_item"], lines),
    }


def _appended(table: pa.Table, rows: list[Row]) -> pa.Table:
    return pa.concat_tables([table, pa.Table.from_pylist(rows, table.schema)])


def test_final_void_and_regenerated_invoices_are_equal(exported: Callable[[str], Exported]) -> None:
    given = exported("agreements")
    usage = [row["id"] for row in given.tables["draft_invoice"].to_pylist() if row["duckbill_invoice_type"] == "USAGE"]
    again = _with_copy(given.tables, usage[0], "billed-again")
    theirs = _closed(again, {usage[0]: "VOID", usage[1]: "VOID"})
    found = given.compared(theirs)
    assert found.differences.to_pylist() == []
    statuses = Counter(row["their_status"] for row in found.invoices.to_pylist())
    assert statuses == {"FINALIZED": 8, "VOID": 1}
    ids = {row["our_invoice_id"]: row["their_invoice_id"] for row in found.invoices.to_pylist()}
    assert ids[usage[0]] == "billed-again"
    assert ids[usage[1]] == usage[1]
