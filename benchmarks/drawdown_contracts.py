"""The catalog of the drawdown benchmark: N contracts on one price list, ten lines and three balances each.

First a prepaid commit is drawn, by what has one tag; then a credit, by everything; then a postpaid commit. Amounts and
prices are chosen so that every seventh contract uses up all three, most use one up in the middle of a line, and some
leave all of one untouched; most prices have quotients without end. Objects have ids and refer by ids, so that they need
no loader.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from benchmarks.generate import PRICED_SINCE, customer_id
from benchmarks.rated_contracts import TAGS, Item, RatedProduct, metric

STARTS_AT, ENDS_AT, LASTS_UNTIL = "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z", "2027-10-01T00:00:00Z"

#: Ten usage products by name, each with its price.
PRICES = {
    "tokens": Decimal("0.013"),
    "api_calls": Decimal("1.1"),
    "inference": Decimal("0.0007"),
    "compute_hours": Decimal("2.5"),
    "storage": Decimal("3"),
    "egress": Decimal("0.33"),
    "backups": Decimal("0.07"),
    "requests": Decimal("0.125"),
    "builds": Decimal("7.77"),
    "seats": Decimal("0.9"),
}
PRODUCTS = tuple(RatedProduct(name) for name in PRICES)

#: What each kind of balance grants to the contract of a number.
PREPAID_AMOUNTS = (500, 2_000, 4_000, 8_000, 1_000, 20_000, 100)
CREDIT_AMOUNTS = (1_000, 100, 3_000, 0, 50_000)
POSTPAID_AMOUNTS = (500, 10_000, 50_000)

#: The product that balances are charged under.
_CHARGED_AS = "balances"


def sections(contracts: int, *, balances: bool) -> dict[str, Iterable[Item]]:
    """The items of every section of the catalog, made one by one as they are read."""
    return {
        "billable_metrics": map(metric, PRODUCTS),
        "products": _products(),
        "rate_cards": [{"id": "list", "name": "list", "product_order": list(PRICES)}],
        "rates": (_rate(name, price) for name, price in PRICES.items()),
        "customers": ({"id": customer_id(number), "name": f"Customer {number:07d}"} for number in range(contracts)),
        "contracts": (_contract(number, balances=balances) for number in range(contracts)),
    }


def contract_id(number: int) -> str:
    return f"00000000-0000-4000-9000-{number:012d}"


def tag(number: int) -> str:
    """What the prepaid commit of a contract's number applies to."""
    return TAGS[number % len(TAGS)]


def tag_of(product: str) -> str:
    return tag(list(PRICES).index(product))


def _products() -> Iterator[Item]:
    for name in PRICES:
        yield {"id": name, "name": name, "type": "USAGE", "billable_metric_id": name, "tags": [tag_of(name)]}
    yield {"id": _CHARGED_AS, "name": _CHARGED_AS, "type": "FIXED"}


def _rate(product: str, price: Decimal) -> Item:
    rate = {"id": product, "rate_card_id": "list", "product_id": product, "starting_at": PRICED_SINCE}
    return {**rate, "entitled": True, "rate_type": "FLAT", "price": str(price)}


def _contract(number: int, *, balances: bool) -> Item:
    contract: Item = {
        "id": contract_id(number),
        "customer_id": customer_id(number),
        "rate_card_id": "list",
        "starting_at": STARTS_AT,
    }
    return {**contract, **_balances(number)} if balances else contract


def _balances(number: int) -> Item:
    """Every third contract's balances end with the month, so that what is left expires or is charged."""
    ends_at = LASTS_UNTIL if number % 3 else ENDS_AT

    def balance(kind: str, amounts: tuple[int, ...]) -> Item:
        amount, balance_id = str(amounts[number % len(amounts)]), f"{contract_id(number)}-{kind}"
        segment = {"id": balance_id, "amount": amount, "starting_at": STARTS_AT, "ending_before": ends_at}
        return {"id": balance_id, "product_id": _CHARGED_AS, "access_schedule": {"schedule_items": [segment]}}

    def charged(amounts: tuple[int, ...], timestamp: str) -> Item:
        return {"schedule_items": [{"amount": str(amounts[number % len(amounts)]), "timestamp": timestamp}]}

    prepaid: Item = {
        **balance("prepaid", PREPAID_AMOUNTS),
        "type": "PREPAID",
        "priority": "1",
        "applicable_product_tags": [tag(number)],
        "invoice_schedule": charged(PREPAID_AMOUNTS, STARTS_AT),
    }
    postpaid: Item = {
        **balance("postpaid", POSTPAID_AMOUNTS),
        "type": "POSTPAID",
        "invoice_schedule": charged(POSTPAID_AMOUNTS, ends_at),
    }
    return {"commits": [prepaid, postpaid], "credits": [balance("credit", CREDIT_AMOUNTS)]}
