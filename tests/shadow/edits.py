"""Changes to an export's tables, as a vendor who bills something else would have exported them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any

import pyarrow as pa

#: The tables that are edited; invoices of the bundled scenarios are drafts.
_INVOICES, _LINES = "draft_invoice", "draft_line_item"

_NUMBERS = frozenset({"quantity", "unit_price", "total"})

Row = dict[str, Any]


@dataclass
class EditedExport:
    """Rows of an export that can be changed; `tables` gives the changed export."""

    original: Mapping[str, pa.Table]
    rows: dict[str, list[Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rows = {name: self.original[name].to_pylist() for name in (_INVOICES, _LINES, "events", "customer")}

    @property
    def tables(self) -> dict[str, pa.Table]:
        changed = {name: pa.Table.from_pylist(rows, self.original[name].schema) for name, rows in self.rows.items()}
        return {**self.original, **changed}

    def invoices(self, customer: str, kind: str = "USAGE") -> list[Row]:
        (customer_id,) = [row["id"] for row in self.rows["customer"] if row["name"] == customer]
        return [
            row
            for row in self.rows[_INVOICES]
            if row["customer_id"] == customer_id and row["duckbill_invoice_type"] == kind
        ]

    def lines_of(self, invoice: Row) -> list[Row]:
        return [row for row in self.rows[_LINES] if row["invoice_id"] == invoice["id"]]

    def lines(self, customer: str, name: str, kind: str, holding: str) -> list[Row]:
        """A customer's lines by name whose group values or start hold a text, or several between ` & `."""
        return [
            line
            for invoice in self.invoices(customer, kind)
            for line in self.lines_of(invoice)
            if line["name"] == name and all(text in values_of(line) for text in holding.split(" & "))
        ]

    def add(self, line: Row) -> None:
        self.rows[_LINES].append(line)
        self.count(line, 1)

    def remove(self, line: Row) -> None:
        self.rows[_LINES].remove(line)
        self.count(line, -1)

    def remove_invoice(self, invoice: Row) -> None:
        for line in self.lines_of(invoice):
            self.rows[_LINES].remove(line)
        self.rows[_INVOICES].remove(invoice)

    def copy_invoice(self, invoice: Row, later: timedelta) -> None:
        """The same invoice again, of another time."""
        times = ("start_timestamp", "end_timestamp", "duckbill_issued_at")
        copy = {
            **invoice,
            "id": f"{invoice['id']}-again",
            "duckbill_billing_period": invoice["duckbill_billing_period"],
        }
        copy |= {name: invoice[name] and invoice[name] + later for name in times}
        self.rows[_INVOICES].append(copy)
        self.rows[_LINES] += [
            {**line, "id": f"{line['id']}-again", "invoice_id": copy["id"]} for line in self.lines_of(invoice)
        ]

    def set(self, line: Row, **changes: str | bool | None) -> None:
        """Changes a line, with the total that follows from it unless it is given, and the invoice with it."""
        self.count(line, -1)
        for name, value in changes.items():
            line[name] = Decimal(value) if name in _NUMBERS and isinstance(value, str) else value
        if "total" not in changes and changes.keys() & {"quantity", "unit_price"}:
            line["total"] = product(line["quantity"], line["unit_price"])
        self.count(line, 1)

    def count(self, line: Row, sign: int) -> None:
        (invoice,) = [row for row in self.rows[_INVOICES] if row["id"] == line["invoice_id"]]
        if line["duckbill_in_total"] and line["credit_type_id"] == invoice["credit_type_id"]:
            with localcontext(prec=60):
                invoice["total"] += sign * line["total"]

    def arrived_late(self, transaction_id: str) -> None:
        (event,) = [row for row in self.rows["events"] if row["transaction_id"] == transaction_id]
        event["updated_at"] = datetime(2030, 1, 1)


def values_of(line: Row) -> str:
    """The group values and the start of a line, as a text to look in."""
    return f"{line['pricing_group_values']} {line['duckbill_presentation_group_values']} {line['starting_at']}"


def product(quantity: Decimal, price: Decimal) -> Decimal:
    with localcontext(prec=60):
        return (quantity * price).normalize()


def as_from_elsewhere(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """The tables with ids that were made elsewhere, and without what only duckbill exports."""
    changed = dict(tables)
    for name in ("invoice", "line_item", _INVOICES, _LINES):
        rows = [
            {
                key: (f"m{value}" if key in ("id", "invoice_id") and value else value)
                for key, value in row.items()
                if not key.startswith("duckbill_")
            }
            for row in tables[name].to_pylist()
        ]
        changed[name] = pa.Table.from_pylist(rows, tables[name].schema)
    return changed


Edit = Callable[[EditedExport], None]


def line(
    customer: str, name: str, holding: str = "", *, kind: str = "USAGE", nth: int = 0, **changes: str | bool | None
) -> Edit:
    """Changes the n-th of a customer's lines of a name, of an invoice of this kind, whose values hold a text."""
    return lambda export: export.set(export.lines(customer, name, kind, holding)[nth], **changes)


def without(customer: str, name: str, holding: str = "", nth: int = 0) -> Edit:
    return lambda export: export.remove(export.lines(customer, name, "USAGE", holding)[nth])


def with_copy(customer: str, name: str, holding: str = "", **changes: str | bool | None) -> Edit:
    """A line twice, the second one changed."""

    def edit(export: EditedExport) -> None:
        first = export.lines(customer, name, "USAGE", holding)[0]
        copy = {**first, "id": f"{first['id']}-again", "total": Decimal(0)}
        export.add(copy)
        export.set(copy, **changes)

    return edit


def merged(customer: str, name: str, holding: str) -> Edit:
    """Lines of several stretches of time as one, at the price of the first."""

    def edit(export: EditedExport) -> None:
        first, *others = sorted(export.lines(customer, name, "USAGE", holding), key=lambda line: line["starting_at"])
        for other in others:
            export.remove(other)
        export.set(first, quantity=str(sum(line["quantity"] for line in (first, *others))))

    return edit


def without_invoice(customer: str, kind: str = "USAGE") -> Edit:
    return lambda export: export.remove_invoice(export.invoices(customer, kind)[0])


def with_invoice_again(customer: str, kind: str, hours: int) -> Edit:
    return lambda export: export.copy_invoice(export.invoices(customer, kind)[0], timedelta(hours=hours))


def late(transaction_id: str) -> Edit:
    return lambda export: export.arrived_late(transaction_id)


def invoice_total(customer: str, total: str, kind: str = "USAGE") -> Edit:
    return lambda export: export.invoices(customer, kind)[0].update(total=Decimal(total))
