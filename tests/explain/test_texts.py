"""Explanations as people read them: a text for each kind of line, worked out with a pencil and looked at by eye.

`DUCKBILL_WRITE_TEXTS=1` writes the files of `texts/` anew; read what changed before you keep it.
"""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest

from engine.workspace import Workspace
from tests.explain.lines import all_lines, line

TEXTS = Path(__file__).parent / "texts"

AGREEMENTS: dict[str, dict[str, object]] = {
    "tier_under_a_multiplier": {"total": Decimal(6400), "type": "usage"},
    "group_values_in_custom_units": {"total": Decimal(1500), "currency": "AI credits"},
    "conversion_of_custom_units": {"type": "cpu_conversion"},
    "percentage": {"total": Decimal(2420)},
    "minimum": {"total": Decimal(2580)},
    "seats_in_advance": {"total": Decimal(22500)},
    "seats_added_for_part_of_a_month": {"starting_at": "2026-10-17", "type": "subscription"},
    "free_days": {"starting_at": "2026-10-05", "total": Decimal(0)},
    "scheduled_charge": {"scheduled_charge_id": "acme-onboarding"},
    "discount": {"total": Decimal(-50)},
}
WIDGETS: dict[str, dict[str, object]] = {
    "covered_by_a_prepaid_commit": {"total": Decimal(51186)},
    "taken_off_by_a_prepaid_commit": {"total": Decimal(-51186)},
    "covered_by_a_postpaid_commit": {"total": Decimal("21501.6"), "starting_at": "2024-11"},
    "an_overwrite_before_a_multiplier": {"total": Decimal(26448)},
    "covered_in_part_by_a_credit": {"total": Decimal(6200)},
    "the_rest_of_a_charge": {"total": Decimal(5000), "starting_at": "2024-12", "unit_price": Decimal(4000)},
    "purchase_of_a_commit": {"type": "commit_purchase", "starting_at": "2024-11"},
}


def agree(name: str, text: str) -> None:
    path = TEXTS / f"{name}.txt"
    if os.environ.get("DUCKBILL_WRITE_TEXTS"):
        path.write_text(text + "\n", encoding="utf-8")
    assert text + "\n" == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", AGREEMENTS)
def test_texts_of_agreements(name: str, agreements: Workspace) -> None:
    found = line(agreements, origin_line_item_id=None, **AGREEMENTS[name])
    agree(name, agreements.explain(found["id"]).text())


def test_text_of_a_consolidated_copy(agreements: Workspace) -> None:
    copies = [row for row in all_lines(agreements) if row["origin_line_item_id"] is not None]
    agree("consolidated_copy", agreements.explain(copies[0]["id"]).text())


@pytest.mark.parametrize("name", WIDGETS)
def test_texts_of_widgets(name: str, widgets: Workspace) -> None:
    found = line(widgets, **WIDGETS[name])
    agree(name, widgets.explain(found["id"]).text())


def test_text_of_a_converted_quantity(quickstart: Workspace) -> None:
    found = line(quickstart, name="Compute Hours", quantity=Decimal("2.75"))
    agree("converted_quantity", quickstart.explain(found["id"]).text())


def test_text_of_a_sql_metric(quickstart: Workspace) -> None:
    found = line(quickstart, name="Unique Users", quantity=Decimal(3))
    agree("sql_metric", quickstart.explain(found["id"]).text())


def test_no_text_is_left_over() -> None:
    named = {*AGREEMENTS, *WIDGETS, "consolidated_copy", "converted_quantity", "sql_metric"}
    assert {path.stem for path in TEXTS.glob("*.txt")} == named
