"""The hash that shows that a final invoice is what was finalized."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from hashlib import sha256

import duckdb
import pyarrow as pa
import pytest

from engine.errors import CorruptFileError
from engine.invoices.content_hash import AFTERWARDS, content_hashes, verify_closed

Row = dict[str, object]

INVOICES: list[Row] = [
    {"id": "a", "status": "DRAFT", "total": Decimal("1.5"), "issued_at": datetime(2026, 11, 2), "content_hash": None},
    {"id": "b", "status": "DRAFT", "total": Decimal(100), "issued_at": None, "content_hash": None},
]
LINES: list[Row] = [
    {"id": "2", "invoice_id": "a", "name": "Tokens", "quantity": Decimal("0.50")},
    {"id": "1", "invoice_id": "a", "name": None, "quantity": Decimal(7)},
]


def invoices(rows: list[Row], places: int = 26) -> pa.Table:
    schema = pa.schema(
        [
            ("id", pa.string()),
            ("status", pa.string()),
            ("total", pa.decimal128(38, places)),
            ("issued_at", pa.timestamp("us")),
            ("content_hash", pa.string()),
        ]
    )
    return pa.Table.from_pylist(rows, schema)


def lines(rows: list[Row]) -> pa.Table:
    names = [(name, pa.string()) for name in ("id", "invoice_id", "name")]
    return pa.Table.from_pylist(rows, pa.schema([*names, ("quantity", pa.decimal128(38, 18))]))


def hashes(bills: pa.Table, items: pa.Table) -> dict[str, str]:
    with duckdb.connect() as connection:
        found = content_hashes(connection, bills, items)
    return dict(zip(found["invoice_id"].to_pylist(), found["content_hash"].to_pylist(), strict=True))


def text_hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def test_the_hash_is_what_anybody_can_compute_from_the_row_and_its_lines() -> None:
    first, second = (
        text_hash("id=1\x1finvoice_id=a\x1fquantity=7"),
        text_hash("id=2\x1finvoice_id=a\x1fname=Tokens\x1fquantity=0.5"),
    )
    assert hashes(invoices(INVOICES), lines(LINES)) == {
        "a": text_hash(f"id=a\x1fissued_at=2026-11-02 00:00:00\x1ftotal=1.5\x1e{first}\x1e{second}"),
        "b": text_hash("id=b\x1ftotal=100"),
    }


def test_what_changes_nothing_and_what_does() -> None:
    known = hashes(invoices(INVOICES), lines(LINES))
    assert hashes(invoices(INVOICES[::-1], places=20), lines(LINES[::-1])) == known
    column = pa.array([None, None], pa.string())
    assert hashes(invoices(INVOICES).append_column("added_later", column), lines(LINES)) == known
    for name in AFTERWARDS:
        bare = invoices(INVOICES)
        at = bare.schema.get_field_index(name)
        said = pa.array(["x", "y"])
        changed = bare.append_column(name, said) if at < 0 else bare.set_column(at, name, said)
        assert hashes(changed, lines(LINES)) == known, name
    for changed_line in ({"quantity": Decimal("0.51")}, {"name": "Token"}, {"id": "3"}, {"invoice_id": "c"}):
        assert hashes(invoices(INVOICES), lines([LINES[0] | changed_line, LINES[1]]))["a"] != known["a"], changed_line
    assert hashes(invoices([INVOICES[0] | {"total": Decimal("1.51")}]), lines(LINES))["a"] != known["a"]


def test_an_altered_invoice_is_named() -> None:
    known = hashes(invoices(INVOICES), lines(LINES))
    closed = [row | {"status": "FINALIZED", "content_hash": known[str(row["id"])]} for row in INVOICES]
    draft: Row = {"id": "c", "status": "DRAFT", "total": Decimal(1), "issued_at": None, "content_hash": None}
    with duckdb.connect() as connection:
        verify_closed(connection, invoices([*closed, draft]), lines(LINES))
        verify_closed(connection, invoices([draft]), lines([]))
        with pytest.raises(CorruptFileError, match=r"are not what was finalized: a; restore"):
            verify_closed(connection, invoices([*closed, draft]), lines(LINES[:1]))
