"""Every table of an export that is about contracts, from the catalog and what has been published of balances."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa

from engine.catalog.catalog import Catalog
from engine.catalog.contract import Contract
from engine.catalog.credit_type import credit_type_names
from engine.catalog.fields import CatalogObject
from engine.metronome.contracts_balances import Shared, balance_body, balance_row, commit_row
from engine.metronome.contracts_charges import LIST, charge_body, charge_row, list_of
from engine.metronome.contracts_contracts import (
    Related,
    contract_body,
    contract_row,
    package_rows,
    transition_rows,
)
from engine.metronome.contracts_hierarchies import hierarchy_rows
from engine.metronome.contracts_ledger import Ledgers
from engine.metronome.contracts_made_balances import made_rows
from engine.metronome.contracts_overrides import override_body, override_row
from engine.metronome.contracts_products import product_body, product_rows
from engine.metronome.contracts_rate_cards import rate_card_body, rate_card_row
from engine.metronome.contracts_rates import rate_body, rate_row
from engine.metronome.contracts_recurring import recurring_body, recurring_row
from engine.metronome.contracts_schema import CONTRACTS_COMMITS, CONTRACTS_TABLES
from engine.metronome.contracts_subscriptions import subscription_body, subscription_row
from engine.metronome.contracts_thresholds import (
    prepaid_threshold_body,
    prepaid_threshold_row,
    spend_threshold_body,
    spend_threshold_row,
)
from engine.metronome.contracts_usage_filters import usage_filter_rows
from engine.metronome.json_text import json_text
from engine.metronome.own_terms import terms_beyond
from engine.metronome.published import Published
from engine.metronome.request_body import Body, full_body, given_body
from engine.metronome.schema import ExportTable
from engine.values.period import format_instant

#: What a contract's own row says nothing of, because other tables do.
_TERMS = frozenset(
    {
        *("overrides", "subscriptions", "scheduled_charges", "discounts", "commits", "credits"),
        *("recurring_commits", "recurring_credits", "package_id"),
        *("prepaid_balance_threshold_configuration", "spend_threshold_configuration"),
    }
)

#: A row without anything, by table.
_EMPTY: Mapping[str, Mapping[str, Any]] = {each.name: dict.fromkeys(each.columns) for each in CONTRACTS_TABLES}


def contracts_tables(catalog: Catalog, published: Published, now: datetime) -> Mapping[str, pa.Table]:
    """The tables of CONTRACTS_TABLES by name, each in its schema, empty ones too.

    Catalog tables hold the whole catalog; ledgers go up to the last of the published periods asked for. Every row is as
    of the snapshot `now`.
    """
    ledgers = Ledgers(published.until_then("ledger"), catalog.manual_balance_entries)
    released = published.until_then("threshold_commits")
    return tables_of_catalog(catalog, ledgers, released, now)


def tables_of_catalog(
    catalog: Catalog, ledgers: Ledgers, released: pa.Table | None, now: datetime
) -> Mapping[str, pa.Table]:
    """The same of a catalog with whatever is known of its balances: nothing, if nothing was published."""
    shared = Shared(credit_type_names(catalog.pricing_units), ledgers, now)
    rows = {
        **_prices(catalog, shared.names),
        **_contracts(catalog),
        **_terms(catalog, shared.names),
        **_balances(catalog, released, shared),
    }
    return {table.name: _stamped(table, rows.get(table.name, ()), now) for table in CONTRACTS_TABLES}


def _stamped(table: ExportTable, rows: Iterable[Body], now: datetime) -> pa.Table:
    """The table with the snapshot and the position of each row."""
    stamp: Body = {"snapshot_id": format_instant(now), "updated_at": now}
    own = {key: value for key, value in stamp.items() if key in table.columns}
    placed = "duckbill_position" in table.columns
    return table.of(
        {**own, **({"duckbill_position": position} if placed else {}), **row} for position, row in enumerate(rows)
    )


def _beyond(row: Body, documented: Body, given: Body, full: Body) -> Body:
    """The row with what its documented columns cannot hold."""
    terms = terms_beyond(documented, given, full)
    return row | {"duckbill_terms": json_text(terms)} if terms else row


def _of(row: Body, documented: Body, thing: CatalogObject) -> Body:
    return _beyond(row, documented, given_body(thing), full_body(thing))


def _whole(table: str, row: Body) -> Mapping[str, Any]:
    """A row with every column, as it is read back."""
    return {**_EMPTY[table], **row}


def _prices(catalog: Catalog, names: Mapping[str, str]) -> dict[str, list[Body]]:
    products, cards, entries = [], [], []
    entries_of: dict[str, list[Mapping[str, Any]]] = {each.id: [] for each in catalog.rate_cards}
    for product in catalog.products:
        rows = product_rows(product)
        whole = [_whole("contracts_product_list_item_versions", row) for row in rows]
        rows[0] = _of(rows[0], product_body(whole, []), product)
        products += rows
    for rate in catalog.rates:
        card = catalog.rate_card(rate.rate_card_id)
        row = rate_row(rate, card, names)
        whole_row = _whole("contracts_rate_card_entries", row)
        entries.append(_of(row, rate_body(whole_row, card.fiat_credit_type_id) or {}, rate))
        entries_of[card.id].append(whole_row)
    for card in catalog.rate_cards:
        row = rate_card_row(card, names)
        body = rate_card_body(_whole("contracts_rate_cards", row), entries_of[card.id])
        cards.append(_of(row, body, card))
    return {
        "contracts_product_list_item_versions": products,
        "contracts_rate_card_entries": entries,
        "contracts_rate_cards": cards,
    }


def _contracts(catalog: Catalog) -> dict[str, list[Body]]:
    transitions = list(transition_rows(catalog.contracts))
    hierarchies = list(hierarchy_rows(catalog.contracts))
    filters = {each.id: usage_filter_rows(each) for each in catalog.contracts}
    versions = {
        key: [{name: value for name, value in row.items() if name != "ending_before"} for row in rows]
        for key, rows in filters.items()
    }
    related = Related(
        hierarchies={row["id"]: row for row in hierarchies},
        transitions={row["to_contract_id"]: row for row in transitions},
        usage_filters=versions,
    )
    renewed_at = related.renewed_at()
    contracts = []
    for contract in catalog.contracts:
        row = contract_row(contract)
        body = contract_body(_whole("contracts_contracts", row), related, renewed_at)
        given = {key: value for key, value in given_body(contract).items() if key not in _TERMS}
        contracts.append(_beyond(row, body, given, full_body(contract)))
    return {
        "contracts_contracts": contracts,
        "contracts_transitions": transitions,
        "contract_hierarchy_configurations": hierarchies,
        "contracts_usage_filters": [row for rows in versions.values() for row in rows],
        "contracts_usage_filter_schedule": [
            {name: value for name, value in row.items() if name != "version"}
            for rows in filters.values()
            for row in rows
        ],
        "packages": list(package_rows(catalog)),
    }


def _terms(catalog: Catalog, names: Mapping[str, str]) -> dict[str, list[Body]]:
    found: dict[str, list[Body]] = {}
    for contract in catalog.contracts:
        currency = catalog.rate_card(contract.rate_card_id).fiat_credit_type_id
        for table, row in _terms_of(contract, currency, names):
            found.setdefault(table, []).append(row)
    return found


def _terms_of(contract: Contract, currency: str, names: Mapping[str, str]) -> Iterator[tuple[str, Body]]:
    """Each term that is no balance, as a row of a table."""
    for override in contract.overrides:
        row = override_row(override, contract.id, currency, names)
        body = override_body(_whole("contracts_overrides", row), currency)
        yield "contracts_overrides", _of(row, body, override)
    for subscription in contract.subscriptions:
        row = subscription_row(subscription, contract, currency)
        body = subscription_body(
            _whole("contracts_subscriptions", row), _whole("contracts_contracts", contract_row(contract))
        )
        yield "contracts_subscriptions", _of(row, body, subscription)
    for is_discount, charges in ((False, contract.scheduled_charges), (True, contract.discounts)):
        for charge in charges:
            row = charge_row(charge, contract.id, currency, names, is_discount=is_discount)
            body = charge_body(_whole("contracts_scheduled_charges", row), currency)
            given = given_body(charge) | {LIST: list_of(is_discount=is_discount)}
            yield "contracts_scheduled_charges", _beyond(row, body, given, full_body(charge))
    table = "contracts_recurring_commits_and_credits"
    for recurring in (*contract.recurring_commits, *contract.recurring_credits):
        row = recurring_row(recurring, contract, currency, names)
        yield table, _of(row, recurring_body(_whole(table, row), currency), recurring)
    prepaid, spend = contract.prepaid_balance_threshold_configuration, contract.spend_threshold_configuration
    if prepaid is not None:
        table = "contracts_prepaid_balance_threshold_configurations"
        row = prepaid_threshold_row(prepaid, contract.id)
        yield table, _of(row, prepaid_threshold_body(_whole(table, row)), prepaid)
    if spend is not None:
        table = "contracts_spend_threshold_configurations"
        row = spend_threshold_row(spend, contract.id)
        yield table, _of(row, spend_threshold_body(_whole(table, row)), spend)


def _balances(catalog: Catalog, released: pa.Table | None, shared: Shared) -> dict[str, list[Body]]:
    manual: dict[str, list[Body]] = {}
    for entry in catalog.manual_balance_entries:
        manual.setdefault(entry.id, []).append(given_body(entry))
    rows: list[Body] = []
    for contract in catalog.contracts:
        currency = catalog.rate_card(contract.rate_card_id).fiat_credit_type_id
        for each in (*contract.commits, *contract.credits):
            row = balance_row(each, contract.customer_id, contract.id, currency, shared)
            body = balance_body(_whole("contracts_balances", row), currency, "")
            given = given_body(each) | ({"manual_balance_entries": manual[each.id]} if each.id in manual else {})
            rows.append(_beyond(row, body, given, full_body(each)))
    for each in (*catalog.commits, *catalog.credits):
        row = balance_row(each, each.customer_id, None, None, shared)
        body = balance_body(_whole("contracts_balances", row), None, "")
        given = given_body(each) | ({"manual_balance_entries": manual[each.id]} if each.id in manual else {})
        rows.append(_beyond(row, body, given, full_body(each)))
    rows += made_rows(catalog, released, shared)
    commits = [
        commit_row(row, CONTRACTS_COMMITS.columns)
        for row in rows
        if row["type"] != "credit" and row["contract_id"] is not None
    ]
    return {"contracts_balances": rows, "contracts_commits": commits}
