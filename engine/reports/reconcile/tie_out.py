"""Tying invoices out with another system's file: a Stripe export, a general ledger, any CSV with a header (C14).

Amounts are compared exactly, in whole units of the currency: dollars, not cents.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from pathlib import Path

import pyarrow as pa

from engine.catalog.credit_type import USD_CENTS
from engine.errors import UserError, did_you_mean
from engine.values.numbers import plain_text

_AMOUNT = pa.decimal128(38, 18)

#: Grain: invoice_id or customer_id, their_id, currency; `place` is the line of the file. Outcomes: equal,
#: amount differs, currency differs, only in duckbill, only in the other file, duplicate id, unreadable amount.
EXTERNAL_AMOUNTS = pa.schema(
    [
        *((name, pa.string()) for name in ("id", "customer_name", "their_id", "currency")),
        *((name, _AMOUNT) for name in ("ours", "theirs", "difference")),
        *((name, pa.string()) for name in ("outcome", "place")),
    ]
)

#: The names that columns have in exports, in the order in which they are looked for: Stripe's first.
_IDS = ("id", "invoice id", "invoice", "invoice number", "external id", "document", "document number", "reference")
_AMOUNTS = ("total", "amount due", "amount", "payable", "net amount", "debit")
_CURRENCIES = ("currency", "currency code")

#: Currencies whose smallest denomination is a whole unit, as payment providers count them.
_WHOLE = frozenset(
    {
        *("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA"),
        *("PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"),
    }
)

#: Invoices that are owed by themselves; consolidated ones repeat others.
_COMPARED = frozenset({"USAGE", "SCHEDULED", "TRUEUP"})


@dataclass(frozen=True)
class ExternalFile:
    """A CSV file with a header, and which of its columns to read when they are not to be found by their names.

    `minor_units`: its amounts count the smallest denomination, as Stripe's API does.
    """

    path: Path
    id_column: str | None = None
    amount_column: str | None = None
    currency_column: str | None = None
    minor_units: bool = False


@dataclass(frozen=True, slots=True)
class _Theirs:
    id: str
    amount: Decimal | None
    currency: str | None
    place: str


@dataclass(frozen=True, slots=True)
class _Ours:
    id: str
    customer_name: str
    currency: str
    amount: Decimal


def tie_out(invoices: pa.Table, external: ExternalFile, id_map: Path | None) -> pa.Table:
    """Every amount on either side with what became of it, EXTERNAL_AMOUNTS, by id.

    Compares the payable amounts of final invoices, or of drafts when none is final. Without an id map their ids are
    invoice ids; with one, a CSV of `duckbill` (invoice or customer ids) and `theirs`, what several of our ids come to
    is compared with one of theirs. Raises UserError for a file without the columns, and for an id map that maps an id
    twice.
    """
    theirs = list(_read_external(external))
    mapping = {} if id_map is None else _read_id_map(id_map)
    ours = list(_ours(invoices, mapping))
    with localcontext(prec=100):
        rows = list(_compared(ours, theirs, mapping))
    rows.sort(
        key=lambda row: (str(row["id"] or ""), str(row["their_id"] or ""), str(row["currency"]), str(row["place"]))
    )
    return pa.Table.from_pylist(rows, schema=EXTERNAL_AMOUNTS)


def _ours(invoices: pa.Table, mapping: Mapping[str, str]) -> Iterator[_Ours]:
    """What is owed by invoice, or by customer where the id map names the customer, in each currency."""
    owed = [row for row in invoices.to_pylist() if row["type"] in _COMPARED]
    final = [row for row in owed if row["status"] == "FINALIZED"]
    sums: dict[tuple[str, str], _Ours] = {}
    for row in final or [each for each in owed if each["status"] == "DRAFT"]:
        key = row["id"] if row["id"] in mapping or row["customer_id"] not in mapping else row["customer_id"]
        in_cents = row["credit_type_id"] == USD_CENTS
        currency = "USD" if in_cents else str(row["currency"])
        amount = row["payable"].scaleb(-2) if in_cents else row["payable"]
        before = sums.get((key, currency))
        sums[key, currency] = _Ours(
            key, row["customer_name"], currency, amount if before is None else before.amount + amount
        )
    yield from sums.values()


def _compared(
    ours: Sequence[_Ours], theirs: Sequence[_Theirs], mapping: Mapping[str, str]
) -> Iterator[dict[str, object]]:
    by_their_id: dict[str, list[_Theirs]] = {}
    for entry in theirs:
        by_their_id.setdefault(entry.id, []).append(entry)
    wanted: dict[str, list[_Ours]] = {}
    for each in ours:
        wanted.setdefault(mapping.get(each.id, "" if mapping else each.id), []).append(each)
    for their_id, own in wanted.items():
        entries = by_their_id.pop(their_id, []) if their_id else []
        yield from _paired(own, entries, their_id or None)
    for their_id, entries in by_their_id.items():
        for entry in entries:
            outcome = "only in the other file" if entry.amount is not None else "unreadable amount"
            yield _row(None, entry, "duplicate id" if len(entries) > 1 else outcome, their_id)


def _paired(own: Sequence[_Ours], entries: Sequence[_Theirs], their_id: str | None) -> Iterator[dict[str, object]]:
    """What belongs to one id of theirs."""
    if len(entries) != 1:
        outcome = "duplicate id" if entries else "only in duckbill"
        yield from (_row(each, None, outcome, their_id) for each in own)
        yield from (_row(None, entry, outcome, their_id) for entry in entries)
        return
    (entry,) = entries
    currency = entry.currency or (own[0].currency if len({each.currency for each in own}) == 1 else None)
    same = [each for each in own if each.currency == currency]
    yield from (_row(each, None, "currency differs", their_id) for each in own if each not in same)
    if entry.amount is None:
        yield from (_row(each, None, "unreadable amount", their_id) for each in same)
        yield _row(None, entry, "unreadable amount", their_id)
    elif not same:
        yield _row(None, entry, "currency differs", their_id)
    else:
        first, amount = same[0], sum((each.amount for each in same), Decimal(0))
        together = _Ours(", ".join(sorted(each.id for each in same)), first.customer_name, first.currency, amount)
        yield _row(together, entry, "equal" if amount == entry.amount else "amount differs", their_id)


def _row(ours: _Ours | None, theirs: _Theirs | None, outcome: str, their_id: str | None) -> dict[str, object]:
    amounts = (None if ours is None else ours.amount, None if theirs is None else theirs.amount)
    return {
        "id": None if ours is None else ours.id,
        "customer_name": None if ours is None else ours.customer_name,
        "their_id": their_id,
        "currency": ours.currency if ours is not None else (theirs.currency or "" if theirs is not None else ""),
        "ours": amounts[0],
        "theirs": amounts[1],
        "difference": (amounts[0] or Decimal(0)) - (amounts[1] or Decimal(0)),
        "outcome": outcome,
        "place": None if theirs is None else theirs.place,
    }


def _read_external(external: ExternalFile) -> Iterator[_Theirs]:
    header, rows = _read_csv(external.path)
    id_column = _column(external.path, header, external.id_column, _IDS, "--id-column")
    amount_column = _column(external.path, header, external.amount_column, _AMOUNTS, "--amount-column")
    currency_column = _optional_column(external.path, header, external.currency_column)
    for line, row in rows:
        currency = row.get(currency_column, "").strip().upper() or None if currency_column is not None else None
        yield _Theirs(
            id=row.get(id_column, "").strip(),
            amount=_amount(row.get(amount_column, ""), currency, external.minor_units),
            currency=currency,
            place=f"{external.path.name}:{line}",
        )


def _read_id_map(path: Path) -> dict[str, str]:
    header, rows = _read_csv(path)
    for name in ("duckbill", "theirs"):
        if name not in header:
            raise UserError(f"{path}:1: an id map has the columns duckbill and theirs; {did_you_mean(name, header)}")
    mapping: dict[str, str] = {}
    for line, row in rows:
        ours, theirs = row["duckbill"].strip(), row["theirs"].strip()
        if not ours or not theirs:
            raise UserError(f"{path}:{line}: an id is empty; give both, or leave the line out")
        if mapping.get(ours, theirs) != theirs:
            raise UserError(f"{path}:{line}: {ours!r} is mapped twice; keep one line for it")
        mapping[ours] = theirs
    return mapping


def _amount(text: str, currency: str | None, minor_units: bool) -> Decimal | None:
    """An amount in whole units, or None when it is no number or has more digits than an output holds."""
    plain = plain_text(text.strip())
    if plain is None:
        return None
    number = Decimal(plain)
    if minor_units and currency not in _WHOLE:
        number = number.scaleb(-2)
    whole, _, fraction = format(abs(number), "f").partition(".")
    return number if len(whole) <= 20 and len(fraction) <= 18 else None


def _column(path: Path, header: Sequence[str], named: str | None, known: Iterable[str], option: str) -> str:
    """The column that was named, or the first by a known name."""
    if named is not None:
        if named not in header:
            raise UserError(f"{path}:1: no column {named!r}; {did_you_mean(named, header)}")
        return named
    by_name = {name.strip().lower().replace("_", " "): name for name in header}
    for name in known:
        if name in by_name:
            return by_name[name]
    raise UserError(f"{path}:1: no column is known by its name; name one with {option}: {', '.join(header)}")


def _optional_column(path: Path, header: Sequence[str], named: str | None) -> str | None:
    if named is None and not {name.strip().lower().replace("_", " ") for name in header} & set(_CURRENCIES):
        return None
    return _column(path, header, named, _CURRENCIES, "--currency-column")


def _read_csv(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """The header, and each row with the line on which it ends."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="", restkey=None)
            header = [name for name in reader.fieldnames or () if name is not None]
            rows = [
                (reader.line_num, {name: value or "" for name, value in row.items() if isinstance(name, str)})
                for row in reader
            ]
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: is not CSV in UTF-8: {error}") from error
    if not header:
        raise UserError(f"{path}:1: has no header; the first line names the columns")
    return header, rows
