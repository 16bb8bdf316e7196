"""What a changed catalog brings due in a month that is over, and what it does not."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.hindsight import bills_more, recorded_catalog
from engine.values.period import parse_period
from tests.catalog.every_term import changed_term
from tests.catalog.written import loaded

Change = Callable[[dict[str, Any]], None]

CONTRACT = {"id": "c", "customer_id": "a", "rate_card_id": "r", "starting_at": "2026-03-01T00:00:00Z"}
CHARGE = {
    "id": "fee",
    "product_id": "f",
    "schedule": {"schedule_items": [{"timestamp": "2026-05-10T00:00:00Z", "unit_price": 5, "quantity": 1}]},
}
SEATS = {
    "id": "seats",
    "subscription_rate": {"product_id": "s", "billing_frequency": "MONTHLY"},
    "collection_schedule": "ADVANCE",
    "initial_quantity": "3",
    "proration": {"is_prorated": True, "invoice_behavior": "BILL_IMMEDIATELY"},
}


def later(**terms: object) -> Change:
    def change(catalog: dict[str, Any]) -> None:
        catalog["contracts"][0].update(terms)

    return change


def also(**terms: object) -> Change:
    def change(catalog: dict[str, Any]) -> None:
        catalog["contracts"].append(CONTRACT | {"id": "new"} | terms)

    return change


def bought(instant: str) -> Change:
    def change(catalog: dict[str, Any]) -> None:
        schedule = {"schedule_items": [{"id": "i", "timestamp": instant, "unit_price": "7", "quantity": "1"}]}
        access = {
            "schedule_items": [
                {"id": "s", "amount": "9", "starting_at": instant, "ending_before": "2027-01-01T00:00:00Z"}
            ]
        }
        catalog["commits"].append(
            {
                "id": "commit",
                "name": "Prepaid",
                "type": "PREPAID",
                "product_id": "p",
                "customer_id": "a",
                "invoice_contract_id": "c",
                "access_schedule": access,
                "invoice_schedule": schedule,
            }
        )

    return change


#: What is written in June, and whether it bills more in May.
CHANGES: dict[str, tuple[Change, bool]] = {
    "nothing": (lambda catalog: None, False),
    "a name": (later(name="Renamed"), False),
    "an override of prices": (
        later(overrides=[{"id": "o", "starting_at": "2026-03-01T00:00:00Z", "type": "MULTIPLIER", "multiplier": "2"}]),
        False,
    ),
    "a contract from June": (also(starting_at="2026-06-01T00:00:00Z"), False),
    "a contract from the last hour of May": (also(starting_at="2026-05-31T23:00:00Z"), True),
    "a contract that was over before May": (also(ending_before="2026-05-01T00:00:00Z"), False),
    "a contract that is over in June": (also(ending_before="2026-06-20T00:00:00Z"), True),
    "an end in June": (later(ending_before="2026-06-20T00:00:00Z"), False),
    "an end in May": (later(ending_before="2026-05-20T00:00:00Z"), True),
    "an earlier start": (later(starting_at="2026-02-01T00:00:00Z"), True),
    "another frequency": (later(usage_statement_schedule={"frequency": "WEEKLY"}), True),
    "no contract any more": (lambda catalog: catalog["contracts"].clear(), True),
    "a charge in May": (later(scheduled_charges=[CHARGE]), True),
    "a discount in May": (later(discounts=[CHARGE]), True),
    "a charge in July": (
        later(scheduled_charges=[json.loads(json.dumps(CHARGE).replace("2026-05-10", "2026-07-10"))]),
        False,
    ),
    "a commit bought in May": (bought("2026-05-03T00:00:00Z"), True),
    "a commit bought in June": (bought("2026-06-03T00:00:00Z"), False),
    "seats from March": (later(subscriptions=[SEATS]), True),
    "seats from June": (later(subscriptions=[SEATS | {"starting_at": "2026-06-01T00:00:00Z"}]), False),
    "seats until May": (later(subscriptions=[SEATS | {"ending_before": "2026-05-01T00:00:00Z"}]), False),
}


@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_what_is_written_in_june(change: Change, expected: bool) -> None:
    before: dict[str, Any] = {"contracts": [copy.deepcopy(CONTRACT)], "commits": []}
    now = copy.deepcopy(before)
    change(now)
    assert bills_more(before, now, parse_period("2026-05")) is expected


def test_seats_added_in_may_with_hindsight() -> None:
    before = {"contracts": [CONTRACT | {"subscriptions": [SEATS]}], "commits": []}
    for instant, expected in (("2026-05-10T00:00:00Z", True), ("2026-06-10T00:00:00Z", False)):
        update = {"starting_at": instant, "quantity": "5"}
        now = {"contracts": [CONTRACT | {"subscriptions": [SEATS | {"quantity_updates": [update]}]}], "commits": []}
        assert bills_more(before, now, parse_period("2026-05")) is expected


def test_catalogs_as_runs_record_them(tmp_path: Path) -> None:
    catalog = loaded(tmp_path, changed_term())
    text = catalog.to_json()
    assert not bills_more(recorded_catalog(text), recorded_catalog(text), parse_period("2026-05"))
    without = {**recorded_catalog(text), "contracts": []}
    assert bills_more(without, recorded_catalog(text), parse_period("2026-05"))
