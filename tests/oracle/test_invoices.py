"""The oracle alone on invoices as a whole: order, custom fields, columns and speed."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.oracle.rating import bill
from tests.oracle.small import contract, midnight, percentage, product, rate, workspace
from tests.oracle.tiny import event

PRODUCTS = [
    product("p", custom_fields={"b": "2", "a": "1"}),
    product("q"),
    product("z", pricing_group_key=["region"]),
    product("share", "COMPOSITE", composite_products=["p", "q"]),
    product("seat", "SUBSCRIPTION"),
    product("fee", "FIXED"),
]
RATES = [
    rate("p"),
    rate("q"),
    rate("z"),
    percentage("share", "0.5"),
    rate("seat", "5", billing_frequency="MONTHLY"),
]


def full(identity: str = "k", **more: Any) -> dict[str, Any]:
    seats = {
        "id": f"{identity}-s",
        "subscription_rate": {"product": "seat", "billing_frequency": "MONTHLY"},
        "collection_schedule": "ARREARS",
        "custom_fields": {"of": "seats"},
    }
    fees = {
        "id": f"{identity}-f",
        "product": "fee",
        "schedule": {"schedule_items": [{"timestamp": midnight("2026-02-01"), "amount": 3}]},
        "custom_fields": {"of": "fees"},
    }
    return contract(
        identity,
        subscriptions=[seats],
        scheduled_charges=[fees],
        scheduled_charges_on_usage_invoices="ALL",
        custom_fields={"of": "contract"},
        **more,
    )


def test_lines_stand_in_the_order_of_types_and_of_the_card(tmp_path: Path) -> None:
    folder = workspace(tmp_path, PRODUCTS, RATES, [full()], card={"product_order": ["z", "q"]})
    events = [
        event("2026-01-02T00:00:00Z", "c", "z", n="1", region="b"),
        event("2026-01-02T00:00:00Z", "c", "z", n="1", region="a"),
        event("2026-01-02T00:00:00Z", "c", "q", n="1"),
    ]
    lines = bill(folder, events, "2026-01").lines
    assert [(line["product"], line["pricing"]) for line in lines] == [
        ("z", ("a",)),
        ("z", ("b",)),
        ("q", ()),
        ("p", ()),
        ("share", ()),
        ("seat", ()),
        ("fee", ()),
    ]
    assert [line["place"] for line in lines] == sorted(line["place"] for line in lines)
    fields = {line["product"]: (line["product_custom_fields"], line["custom_fields"]) for line in lines}
    assert fields["p"] == ((("a", "1"), ("b", "2")), ())
    assert fields["seat"] == ((), (("of", "seats"),))
    assert fields["fee"] == ((), (("of", "fees"),))


def test_every_row_has_every_column_and_can_be_hashed(tmp_path: Path) -> None:
    own = [full(), contract("j", overrides=[{"entitled": False, "starting_at": midnight("2026-01-05")}])]
    rates = [each for each in RATES if each["product"] != "z"]
    folder = workspace(tmp_path, PRODUCTS, [*rates, rate("z", since="2026-01-04")], own)
    events = [event(f"2026-01-{day}T00:00:00Z", "c", kind, n="1") for day in ("02", "06") for kind in ("q", "z")]
    result = bill(folder, events, "2026-01")
    for table in (result.lines, result.invoices, result.unrated, result.not_entitled):
        assert len({frozenset(row) for row in table}) <= 1
        assert len({tuple(row.items()) for row in table}) == len(table) > 0
    (invoice, _) = result.invoices
    assert (invoice["customer_name"], invoice["custom_fields"], invoice["issued_at"]) == (
        "Customer c",
        (("of", "contract"),),
        datetime(2026, 2, 2),
    )


def test_many_contracts_take_seconds(tmp_path: Path) -> None:
    count = 500
    customers = [{"id": f"c{number}", "name": f"C {number}"} for number in range(count)]
    own = [{**full(f"k{number}"), "customer": f"C {number}"} for number in range(count)]
    folder = workspace(tmp_path, PRODUCTS, RATES, own, customers=customers)
    events = [
        event(f"2026-01-{1 + number % 28:02}T00:00:00Z", f"c{number % count}", "pqz"[number % 3], n="1", region="eu")
        for number in range(10 * count)
    ]
    started = time.process_time()
    result = bill(folder, events, "2026-01")
    assert time.process_time() - started < 10
    assert len(result.invoices) == count
    assert sum(line["quantity"] for line in result.lines if line["metric"]) == 10 * count
