"""Rows of the oracle and of the engine in one form, and the difference by contract as readable text."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.generated.compare import decimal_text

Row = dict[str, Any]
#: Rows by table: `line_items`, `invoices`, `unrated`, `not_entitled`.
Tables = Mapping[str, list[Row]]

_LINE = {
    "invoice_type": "invoice_type",
    "issued_at": "issued_at",
    "type": "type",
    "customer_id": "customer",
    "product_id": "product",
    "product_name": "product_name",
    "name": "name",
    "period_starting_at": "period_starting_at",
    "period_ending_before": "period_ending_before",
    "starting_at": "starting_at",
    "ending_before": "ending_before",
    "billable_metric_id": "metric",
    "metric_name": "metric_name",
    "pricing_group_values": "pricing",
    "presentation_group_values": "presentation",
    "tier_level": "tier",
    "override_tier_level": "override_tier_level",
    "quantity": "quantity",
    "unit_price": "unit_price",
    "total": "total",
    "credit_type_id": "credit_type_id",
    "currency": "credit_type",
    "override_id": "override_id",
    "override_type": "override_type",
    "override_multiplier": "override_multiplier",
    "override_reason": "override_reason",
    "billing_frequency": "billing_frequency",
    "is_prorated": "is_prorated",
    "subscription_id": "subscription_id",
    "scheduled_charge_id": "scheduled_charge_id",
    "discount_id": "discount_id",
    "product_custom_fields": "product_custom_fields",
    "custom_fields": "custom_fields",
    "origin_customer_id": "origin_customer",
    "origin_contract_id": "origin_contract",
}
_INVOICE = {
    "type": "type",
    "customer_id": "customer",
    "customer_name": "customer_name",
    "starting_at": "starting_at",
    "ending_before": "ending_before",
    "issued_at": "issued_at",
    "net_payment_terms_days": "net_payment_terms_days",
    "payer_customer_id": "payer_customer",
    "credit_type_id": "credit_type_id",
    "currency": "currency",
    "line_items": "line_items",
    "total": "total",
    "constituent_invoices": "constituent_invoices",
    "custom_fields": "custom_fields",
    "customer_custom_fields": "customer_custom_fields",
}
_REPORT = {
    "customer_id": "customer",
    "product_id": "product",
    "product_name": "product_name",
    "metric_name": "metric_name",
    "pricing_group_values": "pricing",
    "presentation_group_values": "presentation",
    "starting_at": "starting_at",
    "ending_before": "ending_before",
    "quantity": "quantity",
}
#: The oracle's name of each compared column, by table and by the engine's name.
Columns = Mapping[str, Mapping[str, str]]
COLUMNS: Columns = {
    "line_items": _LINE,
    "invoices": _INVOICE,
    "unrated": _REPORT,
    "not_entitled": _REPORT,
}
_FIELDS = ("product_custom_fields", "custom_fields", "customer_custom_fields")
#: A contract of a package has terms without ids of their own; how those are called is nobody's rule.
_DERIVED = ("override_id", "subscription_id", "scheduled_charge_id", "discount_id")
_SHOWN_CONTRACTS = 5


def of_oracle(rows: Iterable[Row], table: str, nameless: frozenset[str], compared: Columns = COLUMNS) -> list[Row]:
    """The oracle's rows under the engine's names; `nameless` contracts are of packages."""
    made = []
    for row in rows:
        plain = {name: row[known] for name, known in compared[table].items()}
        for kind in ("pricing", "presentation"):
            if f"{kind}_group_values" in plain:
                plain[f"{kind}_group_values"] = tuple(sorted(zip(row[f"{kind}_keys"], row[kind], strict=True)))
        if table == "invoices":
            plain["constituent_invoices"] = _parent_first(plain["constituent_invoices"])
        made.append(_without_derived({"contract_id": row["contract"], **plain}, row.get("origin_contract"), nameless))
    return made


def of_engine(frames: Mapping[str, Any], nameless: frozenset[str], compared: Columns = COLUMNS) -> dict[str, list[Row]]:
    """The engine's Polars frames as rows in the same form, in the engine's order."""
    invoices = {row["id"]: row for row in frames["invoices"].to_dicts()}
    made: dict[str, list[Row]] = {}
    for table, columns in compared.items():
        made[table] = []
        for row in frames[table].to_dicts():
            if table == "line_items":
                invoice = invoices[row["invoice_id"]]
                row = {**row, "invoice_type": invoice["type"], "issued_at": invoice["issued_at"]}
            plain = {name: _plain(name, row[name]) for name in columns}
            if table == "invoices":
                parts = [invoices[each] for each in json.loads(row["constituent_invoices"] or "[]")]
                plain["constituent_invoices"] = _parent_first(
                    tuple((each["contract_id"], each["starting_at"], each["ending_before"]) for each in parts)
                )
            found = {"contract_id": row["contract_id"], **plain}
            made[table].append(_without_derived(found, row.get("origin_contract_id"), nameless))
    return made


def _parent_first(constituents: tuple[Any, ...]) -> tuple[Any, ...]:
    """The parent's invoice where it stands, the children's in an order that does not depend on invoice ids."""
    return (*constituents[:1], *sorted(constituents[1:]))


def _without_derived(row: Row, origin: str | None, nameless: frozenset[str]) -> Row:
    if (origin or row["contract_id"]) in nameless:
        return {**row, **{name: None for name in _DERIVED if name in row}}
    return row


def _plain(name: str, value: Any) -> Any:
    if name.endswith("_group_values"):
        return tuple(sorted(json.loads(value).items()))
    if name in _FIELDS:
        return tuple(sorted(json.loads(value).items())) if value else ()
    assert not isinstance(value, float), f"{name} is a float"
    return Fraction(value) if isinstance(value, Decimal) else value


def without(tables: Tables, contracts: set[str]) -> dict[str, list[Row]]:
    """The rows of all other contracts."""
    return {table: [row for row in rows if row["contract_id"] not in contracts] for table, rows in tables.items()}


def difference(found: Tables, wanted: Tables, compared: Columns = COLUMNS) -> str:
    """Every difference, contract by contract: `-` expected and not there, `+` there and not expected.

    The empty text means the same rows, each as often. Of two rows that differ in few columns only those are shown.
    """
    by_contract: dict[str, list[str]] = defaultdict(list)
    for table, columns in compared.items():
        names = ("contract_id", *columns)
        here, there = _counted(found[table], names), _counted(wanted[table], names)
        for contract, text in _explained(
            table, names, list((there - here).elements()), list((here - there).elements())
        ):
            by_contract[contract].append(text)
    shown = [f"{contract}:\n" + "\n".join(by_contract[contract]) for contract in sorted(by_contract)[:_SHOWN_CONTRACTS]]
    if len(by_contract) > _SHOWN_CONTRACTS:
        shown.append(f"and {len(by_contract) - _SHOWN_CONTRACTS} more contracts: {', '.join(sorted(by_contract))}")
    return "\n".join(shown)


def _counted(rows: Iterable[Row], names: tuple[str, ...]) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(row[name] for name in names) for row in rows)


def _explained(
    table: str, names: tuple[str, ...], missing: list[tuple[Any, ...]], surplus: list[tuple[Any, ...]]
) -> Iterable[tuple[str, str]]:
    """(contract, text) of each row on one side only; a row is set against its nearest on the other side."""
    for row in missing:
        near = [other for other in surplus if _distance(row, other) <= 4]
        if near:
            twin = min(near, key=lambda other: _distance(row, other))
            surplus.remove(twin)
            changed = [
                f"{name}: wanted {_cell(a)}, found {_cell(b)}"
                for name, a, b in zip(names, row, twin, strict=True)
                if a != b
            ]
            yield row[0], f"  {table} ~ {_shown(names, row)}\n      " + "; ".join(changed)
        else:
            yield row[0], f"  {table} - {_shown(names, row)}"
    for row in surplus:
        yield row[0], f"  {table} + {_shown(names, row)}"


def _distance(one: tuple[Any, ...], other: tuple[Any, ...]) -> int:
    return 100 if one[0] != other[0] else sum(a != b for a, b in zip(one, other, strict=True))


def _shown(names: tuple[str, ...], row: tuple[Any, ...]) -> str:
    cells = zip(names[1:], row[1:], strict=True)
    return ", ".join(f"{name}={_cell(value)}" for name, value in cells if value not in (None, ()))


def _cell(value: Any) -> str:
    if isinstance(value, Fraction):
        return decimal_text(value) or str(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_cell, value)) + ")"
    return str(value)


def orders(rows: Iterable[Row]) -> dict[tuple[Any, ...], list[tuple[Any, ...]]]:
    """The products of each invoice in the order of its lines, by contract, type and time of the invoice.

    Copies on consolidated invoices are left out: their order is that of the invoices they come from. A true-up has one
    line, and those of one instant are not told apart here. What takes a covered part off stands with it, in whatever
    order the groups of a product are.
    """
    found: dict[tuple[Any, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        if row["invoice_type"] in ("USAGE_CONSOLIDATED", "TRUEUP") or row["type"] == "applied_commit_or_credit":
            continue
        place = (row["type"], row["product_id"])
        invoice = found[row["contract_id"], row["invoice_type"], row["period_starting_at"], row["issued_at"]]
        if not invoice or invoice[-1] != place:
            invoice.append(place)
    return dict(found)
