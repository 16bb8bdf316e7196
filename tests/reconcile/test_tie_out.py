"""Tying out with files of other systems: every amount is equal, differs, or stands on one side only, with its line."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from engine.catalog.credit_type import USD_CENTS
from engine.errors import UserError
from engine.reports.reconcile.tie_out import ExternalFile, tie_out
from tests.reconcile.reconciled import Billed

_TEXTS = ("id", "customer_id", "customer_name", "type", "status", "credit_type_id", "currency")
_INVOICES = pa.schema([*((name, pa.string()) for name in _TEXTS), ("payable", pa.decimal128(38, 2))])


def invoice(identifier: str, payable: str, **more: str) -> dict[str, object]:
    """A final invoice in US dollars, whose amounts are in cents."""
    own = {"customer_id": "ann", "customer_name": "Ann", "type": "USAGE", "status": "FINALIZED"}
    money = {"credit_type_id": USD_CENTS, "currency": "USD (cents)"}
    return {"id": identifier, "payable": Decimal(payable), **own, **money, **more}


def tied(
    folder: Path, theirs: str, *invoices: dict[str, object], id_map: str | None = None, **columns: object
) -> list[tuple[object, ...]]:
    """(id, their id, currency, ours, theirs, outcome, place) of every row."""
    external, mapping = folder / "theirs.csv", folder / "map.csv"
    external.write_text(theirs, encoding="utf-8")
    if id_map is not None:
        mapping.write_text(id_map, encoding="utf-8")
    found = tie_out(
        pa.Table.from_pylist(list(invoices), schema=_INVOICES),
        ExternalFile(external, **columns),  # type: ignore[arg-type]
        None if id_map is None else mapping,
    )
    names = ("id", "their_id", "currency", "ours", "theirs", "outcome", "place")
    return [tuple(_plain(row[name]) for name in names) for row in found.to_pylist()]


def _plain(value: object) -> object:
    return str(value.normalize()) if isinstance(value, Decimal) else value


def test_a_stripe_export_by_an_id_map(tmp_path: Path) -> None:
    stripe = (
        "id,Number,Customer,Total,Amount Due,Currency\nin_1,N-1,cus_1,12.50,0.00,usd\nin_9,N-9,cus_9,1.00,1.00,usd\n"
    )
    rows = tied(
        tmp_path,
        stripe,
        invoice("a", "1250"),
        invoice("b", "300", customer_name="Bob"),
        id_map="duckbill,theirs\na,in_1\nb,in_2\n",
    )
    assert rows == [
        (None, "in_9", "USD", None, "1", "only in the other file", "theirs.csv:3"),
        ("a", "in_1", "USD", "12.5", "12.5", "equal", "theirs.csv:2"),
        ("b", "in_2", "USD", "3", None, "only in duckbill", None),
    ]


def test_amounts_in_minor_units(tmp_path: Path) -> None:
    api = "id,total,currency\na,1250,usd\ny,700,jpy\ne,1999,eur\n"
    yen = invoice("y", "700", credit_type_id="jpy", currency="JPY")
    euro = invoice("e", "19.98", credit_type_id="eur", currency="EUR")
    rows = tied(tmp_path, api, invoice("a", "1250"), yen, euro, minor_units=True)
    assert [(row[0], row[3], row[4], row[5]) for row in rows] == [
        ("a", "12.5", "12.5", "equal"),
        ("e", "19.98", "19.99", "amount differs"),
        ("y", "7E+2", "7E+2", "equal"),
    ]


def test_a_general_ledger_by_customer(tmp_path: Path) -> None:
    ledger = "Document,Net,Posted\n4711,15.50,2026-11-02\n"
    rows = tied(
        tmp_path,
        ledger,
        invoice("a", "1250"),
        invoice("b", "300", type="SCHEDULED"),
        invoice("c", "9999", type="USAGE_CONSOLIDATED"),
        invoice("d", "9999", status="VOID"),
        invoice("e", "9999", status="DRAFT"),
        id_map="duckbill,theirs\nann,4711\n",
        amount_column="Net",
    )
    assert rows == [("ann", "4711", "USD", "15.5", "15.5", "equal", "theirs.csv:2")]


def test_drafts_are_compared_when_nothing_is_final(tmp_path: Path) -> None:
    rows = tied(tmp_path, "invoice,amount\na,12.50\n", invoice("a", "1250", status="DRAFT"))
    assert [row[5] for row in rows] == ["equal"]


def test_several_invoices_under_one_id_of_theirs(tmp_path: Path) -> None:
    rows = tied(
        tmp_path,
        "invoice,amount\nx,15.50\n",
        invoice("a", "1250"),
        invoice("b", "300"),
        id_map="duckbill,theirs\na,x\nb,x\n",
    )
    assert rows == [("a, b", "x", "USD", "15.5", "15.5", "equal", "theirs.csv:2")]


def test_duplicates_and_unreadable_amounts_are_named_by_their_lines(tmp_path: Path) -> None:
    theirs = 'invoice,amount\na,1.00\na,1.00\nb,"1,50"\n\nc,\nd,1e40\n'
    rows = tied(tmp_path, theirs, *(invoice(each, "100") for each in "abcd"))
    assert [(row[0], row[1], row[5], row[6]) for row in rows] == [
        (None, "a", "duplicate id", "theirs.csv:2"),
        (None, "a", "duplicate id", "theirs.csv:3"),
        (None, "b", "unreadable amount", "theirs.csv:4"),
        (None, "c", "unreadable amount", "theirs.csv:6"),
        (None, "d", "unreadable amount", "theirs.csv:7"),
        ("a", "a", "duplicate id", None),
        ("b", "b", "unreadable amount", None),
        ("c", "c", "unreadable amount", None),
        ("d", "d", "unreadable amount", None),
    ]


def test_currencies_are_never_compared_with_one_another(tmp_path: Path) -> None:
    rows = tied(tmp_path, "invoice,amount,currency\na,12.50,EUR\n", invoice("a", "1250"))
    assert rows == [
        (None, "a", "EUR", None, "12.5", "currency differs", "theirs.csv:2"),
        ("a", "a", "USD", "12.5", None, "currency differs", None),
    ]


def test_ids_that_the_map_leaves_out_are_only_ours(tmp_path: Path) -> None:
    rows = tied(tmp_path, "invoice,amount\na,12.50\n", invoice("a", "1250"), id_map="duckbill,theirs\nzoe,9\n")
    assert [(row[0], row[1], row[5]) for row in rows] == [
        (None, "a", "only in the other file"),
        ("a", None, "only in duckbill"),
    ]


@pytest.mark.parametrize(
    ("theirs", "id_map", "columns", "message"),
    [
        ("who,what\na,1\n", None, {}, "theirs.csv:1: no column is known by its name; name one with --id-column"),
        ("id,what\na,1\n", None, {}, "theirs.csv:1: no column is known by its name; name one with --amount-column"),
        ("id,total\na,1\n", None, {"id_column": "idd"}, "theirs.csv:1: no column 'idd'; did you mean 'id'?"),
        ("", None, {}, "theirs.csv:1: has no header"),
        ("id,total\na,1\n", "ours,theirs\na,b\n", {}, "map.csv:1: an id map has the columns duckbill and theirs"),
        ("id,total\na,1\n", "duckbill,theirs\na,b\na,c\n", {}, "map.csv:3: 'a' is mapped twice"),
        ("id,total\na,1\n", "duckbill,theirs\na,\n", {}, "map.csv:2: an id is empty"),
    ],
)
def test_files_that_say_nothing_are_refused(
    theirs: str, id_map: str | None, columns: dict[str, object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError) as refused:
        tied(tmp_path, theirs, invoice("a", "1"), id_map=id_map, **columns)
    assert message in str(refused.value)


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    empty = pa.Table.from_pylist([], schema=_INVOICES)
    with pytest.raises(UserError, match="cannot be read: No such file"):
        tie_out(empty, ExternalFile(tmp_path / "none.csv"), None)
    (tmp_path / "latin.csv").write_bytes(b"id,total\n\xe9,1\n")
    with pytest.raises(UserError, match="is not CSV in UTF-8"):
        tie_out(empty, ExternalFile(tmp_path / "latin.csv"), None)


def test_a_difference_fails_its_control(billed: Billed, tmp_path: Path) -> None:
    workspace, month = billed("widgets-express")
    lines = ["invoice,amount,currency"]
    for row in workspace.invoices(month):
        amount = row["payable"]
        assert isinstance(amount, Decimal)
        lines.append(f"{row['id']},{amount.scaleb(-2)},USD")
    theirs = tmp_path / "ledger.csv"
    theirs.write_text("\n".join(lines) + "\n", encoding="utf-8")
    equal = workspace.reconcile(month, against=theirs)
    assert equal.failed == () and len(equal.details["tie_out"]) == 0
    theirs.write_text("\n".join(lines[:-1]) + "\nother,1.00,USD\n", encoding="utf-8")
    found = workspace.reconcile(month, against=theirs)
    assert found.failed == ("C14",)
    assert [row["outcome"] for row in found.details["tie_out"]] == ["only in duckbill", "only in the other file"]
    rows = {row["scope"]: row for row in found.controls if row["check_id"] == "C14"}
    assert set(rows) == {"items", "total USD"}
    assert {row["status"] for row in rows.values()} == {"FAIL"}
