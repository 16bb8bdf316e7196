"""Small edits of the shop's catalog, each with the customers whom it can touch."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tests.simulate.shop import START, Sections, named, rate


class Edit(NamedTuple):
    """`touched` holds customers of the shop, between spaces; `*` is everybody."""

    change: Callable[[Sections], object]
    touched: str


def _card(sections: Sections, customer: str, card: str) -> None:
    named(sections["contracts"], f"{customer}s")["rate_card"] = card


def _fine_price(sections: Sections) -> None:
    rate(sections, "standard", "Units")["price"] = "10.000000000001"
    named(sections["contracts"], "bobs")["overrides"][0]["multiplier"] = "0.5001"


def _commit(sections: Sections, amount: int) -> None:
    (commit,) = named(sections["contracts"], "anns")["commits"]
    commit["access_schedule"]["schedule_items"][0]["amount"] = amount


def _credit(sections: Sections, amount: int) -> None:
    sections["credits"][0]["access_schedule"]["schedule_items"][0]["amount"] = amount


def _adopt(sections: Sections, child: str, parent: str) -> None:
    hierarchy = {"parent": {"contract_id": f"{parent}s"}, "payer": "PARENT", "usage_statement_behavior": "CONSOLIDATE"}
    named(sections["contracts"], f"{child}s")["hierarchy_configuration"] = hierarchy


def _price_in(sections: Sections, card: str, product: str, unit: str) -> None:
    sections["pricing_units"] = [{"id": unit, "name": unit}]
    rate(sections, card, product)["credit_type"] = unit
    conversions = [{"custom_credit_type": unit, "fiat_per_custom_credit": 2}]
    named(sections["rate_cards"], card)["credit_type_conversions"] = conversions


def _alert(sections: Sections) -> None:
    alert = {"name": "much", "alert_type": "spend_threshold_reached", "threshold": 10, "customer_id": "bob"}
    sections["alerts"] = [alert]


EDITS: dict[str, Edit] = {
    "nothing": Edit(lambda s: None, ""),
    "price on a card": Edit(lambda s: rate(s, "standard", "Units").update(price=11), "ann bob"),
    "price on another card": Edit(lambda s: rate(s, "plain", "Uses").update(price="5.5"), "cat pat kid"),
    "price finer than quantities": Edit(_fine_price, "*"),
    "rate that ends": Edit(lambda s: rate(s, "wild", "Units").update(ending_before="2026-10-12T00:00:00Z"), "zed"),
    "percentage": Edit(lambda s: rate(s, "standard", "Support").update(price="0.2"), "ann bob"),
    "price in a unit of its own": Edit(lambda s: _price_in(s, "wild", "Units", "tokens"), "zed"),
    "unit that nobody uses": Edit(lambda s: s.update(pricing_units=[{"id": "x", "name": "x"}]), ""),
    "card that nobody has": Edit(lambda s: s["rate_cards"].append({"name": "new", "rates": []}), ""),
    "order of a card": Edit(lambda s: named(s["rate_cards"], "standard").update(product_order=["Uses"]), "ann bob"),
    "override": Edit(lambda s: named(s["contracts"], "bobs")["overrides"][0].update(multiplier="0.4"), "bob"),
    "commit": Edit(lambda s: _commit(s, 30), "ann"),
    "credit": Edit(lambda s: _credit(s, 3), "cat"),
    "credit given away": Edit(lambda s: s["credits"][0].update(customer="zed"), "cat zed"),
    "streaming metric": Edit(
        lambda s: named(s["billable_metrics"], "units").update(aggregation_type="MAX"), "ann bob zed tim"
    ),
    "SQL metric": Edit(
        lambda s: named(s["billable_metrics"], "users").update(sql="SELECT count(*) AS value FROM events"), "sam"
    ),
    "comment in a SQL metric": Edit(
        lambda s: named(s["billable_metrics"], "users").update(
            sql=named(s["billable_metrics"], "users")["sql"] + " -- of everybody"
        ),
        "",
    ),
    "conversion": Edit(
        lambda s: named(s["products"], "Weeks")["quantity_conversion"].update(conversion_factor=5), "tim"
    ),
    "tag of a composite's member": Edit(lambda s: named(s["products"], "Uses").update(tags=[]), "ann bob cat pat kid"),
    "tag elsewhere": Edit(lambda s: named(s["products"], "Users").update(tags=["core"]), "sam"),
    "fields of what a commit charges": Edit(
        lambda s: named(s["products"], "Fee").update(custom_fields={"account": "4000"}), "ann"
    ),
    "order of products": Edit(lambda s: s["products"].reverse(), "ann bob cat"),
    "another card": Edit(lambda s: _card(s, "zed", "plain"), "zed"),
    "contract that ends": Edit(
        lambda s: named(s["contracts"], "tims").update(ending_before="2026-10-20T00:00:00Z"), "tim"
    ),
    "contract that is gone": Edit(lambda s: s["contracts"].remove(named(s["contracts"], "sams")), "sam"),
    "contract that is new": Edit(
        lambda s: s["contracts"].append({"id": "more", "customer": "tim", "rate_card": "plain", "starting_at": START}),
        "tim",
    ),
    "customer who is new": Edit(lambda s: s["customers"].append({"id": "eve", "name": "Eve"}), "eve"),
    "alias": Edit(lambda s: named(s["customers"], "kid").update(ingest_aliases=[]), "kid pat"),
    "alias that moves": Edit(
        lambda s: (
            named(s["customers"], "bob").update(ingest_aliases=[]),
            named(s["customers"], "sam").update(ingest_aliases=["sam@example", "bob@example"]),
        ),
        "bob sam",
    ),
    "family": Edit(lambda s: _adopt(s, "cat", "pat"), "cat pat kid"),
    "alert": Edit(_alert, ""),
}
