"""The contracts of a workspace: packages expanded, edits and transitions applied, then read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.oracle.balance_edits import named_balances
from tests.oracle.balances import read_balance
from tests.oracle.credit_types import CreditTypes
from tests.oracle.derived import derived
from tests.oracle.edits import FindContract, apply_edit, apply_transition
from tests.oracle.grants import read_recurring
from tests.oracle.hierarchy import read_hierarchy
from tests.oracle.overrides import read_override
from tests.oracle.packages import expand
from tests.oracle.rate_cards import holder_of
from tests.oracle.schedules import read_charge
from tests.oracle.subscriptions import read_subscription
from tests.oracle.threshold_terms import read_threshold
from tests.oracle.written import Item, Named, as_list, pairs, when


def identity(kind: str, item: Mapping[str, Any], *parts: str) -> str:
    """The id of an object of a section: its own, else the documented one of its name or of other parts."""
    return str(item.get("id") or derived(kind, *(parts or (item["name"],))))


@dataclass(frozen=True)
class Known:
    """What contracts refer to."""

    customers: Named
    products: Named
    cards: Named
    read_cards: Mapping[str, Item]
    credit_types: CreditTypes


def read_contracts(written: Mapping[str, list[Item]], known: Known) -> dict[str, Item]:
    """The contracts by id, in catalog order."""
    customers, read_cards = known.customers, known.read_cards
    packages = Named(
        {
            identity("package", item): {**item, "aliases": item.get("aliases") or []}
            for item in written.get("packages", [])
        }
    )

    def card_of(body: Item) -> str:
        if body.get("rate_card_alias"):
            return holder_of(body["rate_card_alias"], read_cards, when(body, "starting_at"))
        return known.cards.pointed_at(body, "rate_card")

    bodies: dict[str, Item] = {}
    for item in written.get("contracts", []):
        body = _expanded(item, packages)
        parts = (customers.pointed_at(body, "customer"), card_of(body), item["starting_at"], item.get("name") or "")
        contract = identity("contract", item, *parts)
        bodies[contract] = named_balances(body, contract)
    find = _finder(bodies, customers)
    for edit in written.get("contract_edits", []):
        customer = edit.get("customer_id") or edit.get("customer")
        edited = find(edit.get("contract_id") or edit["contract"], customer)
        bodies[edited] = apply_edit(bodies[edited], edit, edited)
    for body in list(bodies.values()):
        apply_transition(bodies, body, find, body.get("customer_id") or body["customer"])
    return {contract: _read(contract, body, card_of(body), known, find) for contract, body in bodies.items()}


def _expanded(item: Item, packages: Named) -> Item:
    wanted = packages.pointed_at_if_any(item, "package")
    if item.get("package_alias"):
        wanted = holder_of(item["package_alias"], packages.objects, when(item, "starting_at"))
    return expand(item, packages.objects[wanted]) if wanted else item


def _finder(bodies: Mapping[str, Item], customers: Named) -> FindContract:
    """Contracts are found by id, or by name among those of a customer, or of all when none is given."""
    owners = {contract: customers.pointed_at(body, "customer") for contract, body in bodies.items()}

    def find(wanted: str, customer: str | None) -> str:
        if wanted in bodies:
            return wanted
        owner = customers.find(customer) if customer else None
        (found,) = [
            contract
            for contract, body in bodies.items()
            if body.get("name") == wanted and owner in (None, owners[contract])
        ]
        return found

    return find


def _read(contract: str, body: Item, card: str, known: Known, find: FindContract) -> Item:
    customers, products = known.customers, known.products
    schedule = body.get("usage_statement_schedule") or {}
    scheme = body.get("multiplier_override_prioritization") or "LOWEST_MULTIPLIER"
    terms_days = body.get("net_payment_terms_days")
    read: Item = {
        "customer": customers.pointed_at(body, "customer"),
        "card": card,
        "name": body.get("name"),
        "starting_at": when(body, "starting_at"),
        "ending_before": when(body, "ending_before"),
        "terms_end_at": body.get("terms_end_at"),
        "frequency": (schedule.get("frequency") or "MONTHLY").upper(),
        "day": (schedule.get("day") or "FIRST_OF_MONTH").upper(),
        "anchor": when(schedule, "billing_anchor_date"),
        "generation_start": when(schedule, "invoice_generation_starting_at"),
        "scheme": scheme.upper(),
        "net_payment_terms_days": None if terms_days is None else int(terms_days),
        "charges_on_usage_invoices": (body.get("scheduled_charges_on_usage_invoices") or "").upper() == "ALL",
        "usage_filters": [
            {
                "starting_at": when(written, "starting_at") or when(body, "starting_at"),
                "key": written["group_key"],
                "values": written["group_values"],
            }
            for written in as_list(body.get("usage_filter"))
        ],
        "overrides": [read_override(override, products) for override in body.get("overrides") or []],
        "hierarchy": read_hierarchy(body.get("hierarchy_configuration") or {}, find),
        "custom_fields": pairs(body.get("custom_fields")),
    }
    read["charges"] = [
        read_charge(each, products, kind, f"{contract}/{kind}/{position}")
        for kind in ("scheduled_charges", "discounts")
        for position, each in enumerate(body.get(kind) or [])
    ]
    read["subscriptions"] = [
        read_subscription(each, read, products, f"{contract}/subscriptions/{position}")
        for position, each in enumerate(body.get("subscriptions") or [])
    ]
    return read | _read_balances(body, read, known, find)


def _read_balances(body: Item, contract: Item, known: Known, find: FindContract) -> Item:
    """ "balances" and "recurring" terms in the order of their lists, the thresholds, and what the contract renews."""
    fiat = known.read_cards[contract["card"]]["fiat"]
    transition = body.get("transition") or {}
    renewed = None
    if transition and str(transition.get("type") or "RENEWAL").upper() == "RENEWAL":
        customer = body.get("customer_id") or body["customer"]
        renewed = find(transition.get("from_contract_id") or transition["from_contract"], customer)

    def threshold(section: str) -> Item | None:
        return read_threshold(body.get(section), known.products, known.credit_types, known.read_cards[contract["card"]])

    return {
        "balances": [
            read_balance(each, known.products, known.credit_types, fiat, section)
            for section in ("commits", "credits")
            for each in body.get(section) or []
        ],
        "recurring": [
            read_recurring(each, known.products, known.credit_types, fiat, section)
            for section in ("recurring_commits", "recurring_credits")
            for each in body.get(section) or []
        ],
        "prepaid_threshold": threshold("prepaid_balance_threshold_configuration"),
        "spend_threshold": threshold("spend_threshold_configuration"),
        "renews": renewed,
        "trueups_removed_from": body.get("trueups_removed_from"),
    }
