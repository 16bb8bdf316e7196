"""Small catalogs with commits and credits, and the tables that rating makes of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine.catalog.catalog import Catalog
from engine.catalog.contract import Contract
from engine.catalog.customer_balance import CustomerCommit, CustomerCredit
from engine.catalog.manual_balance_entry import ManualBalanceEntry
from engine.catalog.product import Product
from engine.catalog.rate_card import Rate, RateCard
from engine.rating.balance_inputs import balance_inputs
from engine.rating.charges import charge_inputs
from engine.rating.earlier import EMPTY, Earlier
from engine.values.period import Period
from tests.rating.recurring import at, month

Row = dict[str, Any]


def stamp(text: str) -> str:
    """`2025-06-01` or `2025-06-01T12` as a catalog file has it."""
    return at(text).isoformat() + "Z"


def segment(segment_id: str, amount: object, starting_at: str, ending_before: str) -> Row:
    return {
        "id": segment_id,
        "amount": amount,
        "starting_at": stamp(starting_at),
        "ending_before": stamp(ending_before),
    }


def balance(balance_id: str, *segments: Row, **more: object) -> Row:
    """A credit, or with a `type` a commit; over 2025 unless segments are given."""
    items = segments or (segment(f"{balance_id} segment", 100, "2025-01-01", "2026-01-01"),)
    return {"id": balance_id, "product_id": "fee", "access_schedule": {"schedule_items": items}} | more


def invoiced(amount: object, *moments: str, **more: object) -> Row:
    return {"schedule_items": [{"timestamp": stamp(each), "amount": amount} for each in moments]} | more


#: Of a postpaid commit of 100, charged at the end of 2025.
POSTPAID: Row = {"type": "POSTPAID", "invoice_schedule": invoiced(100, "2026-01-01")}


def recurring(balance_id: str, unit_price: object, starting_at: str, **more: object) -> Row:
    """One of something each statement period, for one period."""
    given = {
        "id": balance_id,
        "product_id": "fee",
        "access_amount": {"unit_price": unit_price, "quantity": 1},
        "commit_duration": {"value": 1},
        "starting_at": stamp(starting_at),
    }
    return given | more


def contract(contract_id: str = "c", starting_at: str = "2025-01-01", **more: object) -> Row:
    given = {"id": contract_id, "customer_id": "x", "rate_card_id": "card", "starting_at": stamp(starting_at)}
    return given | more


def shop(
    *contracts: Row,
    commits: tuple[Row, ...] = (),
    credits: tuple[Row, ...] = (),
    entries: tuple[Row, ...] = (),
) -> Catalog:
    """Products p, q and r on one rate card, with tags; a FIXED product `fee`; and what is given."""
    tags: dict[str, tuple[str, ...]] = {"p": ("cloud", "us"), "q": ("cloud",), "r": ()}
    products = [
        Product.model_validate(
            {"id": each, "name": each.upper(), "type": "USAGE", "billable_metric_id": "m", "tags": tag}
        )
        for each, tag in tags.items()
    ]
    rates = [
        {"id": each, "rate_card_id": "card", "product_id": each, "starting_at": stamp("2024-01-01")}
        | {"entitled": True, "rate_type": "FLAT", "price": 1}
        for each in tags
    ]
    return Catalog.model_construct(
        products=(*products, Product.model_validate({"id": "fee", "name": "Fee", "type": "FIXED"})),
        rate_cards=(RateCard.model_validate({"id": "card", "name": "Card"}),),
        rates=tuple(map(Rate.model_validate, rates)),
        contracts=tuple(map(Contract.model_validate, contracts)),
        commits=tuple(map(CustomerCommit.model_validate, commits)),
        credits=tuple(map(CustomerCredit.model_validate, credits)),
        manual_balance_entries=tuple(map(ManualBalanceEntry.model_validate, entries)),
    )


class Tables:
    """The balance tables of one billing period, as rows."""

    def __init__(self, catalog: Catalog, period: str | Period, earlier: Earlier = EMPTY) -> None:
        billed = month(period) if isinstance(period, str) else period
        self._tables = balance_inputs(catalog, billed, earlier) | charge_inputs(catalog, billed)

    def rows(self, name: str) -> list[Row]:
        found: list[Row] = self._tables[name].to_pylist()
        return found

    def columns(self, name: str, *columns: str) -> list[tuple[Any, ...]]:
        return [tuple(row[column] for column in columns) for row in self.rows(name)]

    def windows(self) -> list[tuple[Any, datetime, datetime]]:
        """(amount, starting_at, ending_before) of every segment."""
        return [(row["amount"], row["starting_at"], row["ending_before"]) for row in self.rows("balance_segments")]
