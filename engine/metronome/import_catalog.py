"""An export as a catalog: sections of request bodies, as catalog files hold them, and what had to be approximated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from engine.catalog.credit_type import USD_CENTS
from engine.metronome.contracts_products import product_body
from engine.metronome.contracts_rate_cards import rate_card_body
from engine.metronome.contracts_rates import rate_body, uses_list_prices
from engine.metronome.import_rows import ImportRows
from engine.metronome.imported_contracts import ImportedContracts
from engine.metronome.imported_core import alert_bodies, customer_bodies, metric_bodies, pricing_unit_bodies
from engine.metronome.json_text import json_value
from engine.metronome.known_balances import only_known_balances
from engine.metronome.own_terms import with_terms
from engine.metronome.request_body import Body, Row
from engine.metronome.used_group_keys import used_group_keys


def import_catalog(tables: Mapping[str, pa.Table]) -> tuple[dict[str, list[Body]], list[str]]:
    """The sections of a catalog, and notes: one for each thing that the export does not hold exactly.

    `tables` are as `read_export` gives them. Every object keeps its id. A section's items can be written as lines of
    `catalog/<section>.jsonl` with `json_text`; empty sections are left out.
    """
    notes: list[str] = []
    rows = ImportRows(tables, notes)
    products = _products(rows, notes)
    cards = _rate_cards(rows)
    currencies = {each["id"]: each.get("fiat_credit_type_id", USD_CENTS) for each in cards}
    sections: dict[str, list[Body]] = {
        "pricing_units": pricing_unit_bodies(rows.all("credit_type"), notes),
        "billable_metrics": [],
        "products": products,
        "rate_cards": cards,
        "rates": _rates(rows, currencies, notes),
        "customers": customer_bodies(rows.all("customer"), notes),
        **ImportedContracts(rows, currencies, notes).sections(),
        "alerts": alert_bodies(rows.all("alert"), notes),
    }
    only_known_balances(sections["contracts"], [*sections["commits"], *sections["credits"]], notes)
    sections["billable_metrics"] = metric_bodies(rows.all("billable_metric"), used_group_keys(sections), notes)
    for section in ("pricing_units", "billable_metrics", "products", "rate_cards", "customers"):
        _name_apart(section, sections[section], notes)
    return {section: items for section, items in sections.items() if items}, list(dict.fromkeys(notes))


def _products(rows: ImportRows, notes: list[str]) -> list[Body]:
    versions: dict[str, list[Row]] = {}
    for row in rows.all("contracts_product_list_item_versions"):
        versions.setdefault(row["product_list_item_id"], []).append(row)
    bodies = []
    for of_product in versions.values():
        in_order = sorted(of_product, key=lambda row: row["version"] or 0)
        bodies.append(with_terms(product_body(in_order, notes), json_value(in_order[0]["duckbill_terms"])))
    return bodies


def _rate_cards(rows: ImportRows) -> list[Body]:
    entries: dict[str, list[Row]] = {}
    for row in rows.all("contracts_rate_card_entries"):
        entries.setdefault(row["rate_card_id"], []).append(row)
    return [
        with_terms(rate_card_body(row, entries.get(row["id"], ())), json_value(row["duckbill_terms"]))
        for row in rows.all("contracts_rate_cards")
    ]


def _rates(rows: ImportRows, currencies: Mapping[str, str], notes: list[str]) -> list[Body]:
    """The latest version of each entry; one whose price cannot be read is left out, and a note says so."""
    latest: dict[str, Row] = {}
    for row in rows.all("contracts_rate_card_entries"):
        if row["id"] not in latest or (row["version"] or 0) > (latest[row["id"]]["version"] or 0):
            latest[row["id"]] = row
    bodies = []
    for row in latest.values():
        body = rate_body(row, currencies.get(row["rate_card_id"]))
        if body is None:
            notes.append(
                f"rate {row['id']} of product {row['product_id']} is left out: its price reads {row['rate']!r}"
            )
            continue
        if uses_list_prices(row["rate"]):
            notes.append(f"rate {row['id']}: use_list_prices is left out, which duckbill does not bill")
        bodies.append(with_terms(body, json_value(row["duckbill_terms"])))
    return bodies


def _name_apart(section: str, items: Iterable[Body], notes: list[str]) -> None:
    """Gives every item a name of its own, which a catalog asks for."""
    taken: set[str] = set()
    for item in items:
        name = item.get("name") or item["id"]
        if name in taken:
            notes.append(f"{section}: a second {name!r} is called {name} ({item['id']})")
            name = f"{name} ({item['id']})"
        item["name"] = name
        taken.add(name)
