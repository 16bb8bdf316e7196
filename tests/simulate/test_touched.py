"""Whom a change of the catalog can touch: nobody else is ever billed otherwise, and few who cannot be are named."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from itertools import count, islice
from pathlib import Path
from random import Random
from typing import Any

import pytest

from engine.catalog.catalog import Catalog
from engine.catalog.load import load_catalog_folder
from engine.catalog.touched import families, touched_customers
from engine.config import load_config
from engine.events.table import EventTable
from engine.executors.kept_readings import KeptReadings
from engine.invoices.publish import Outputs
from engine.opened import no_progress
from engine.rebilling.rebill import REBILLED, rebill
from engine.runs import RunInputs
from engine.values.period import parse_period
from tests.simulate import shop
from tests.simulate.edits import EDITS, Edit

MONTH = "2026-10"

#: How many catalogs are billed, each after two edits.
CATALOGS = int(os.environ.get("DUCKBILL_TOUCHED", "3"))

#: Whom an alert watches is no part of a bill.
BILLED = tuple(name for name in REBILLED if name != "alerts")

#: What was published, by customer.
Bills = dict[str, list[tuple[str, dict[str, Any]]]]


def loaded(folder: Path, *edits: Edit) -> Catalog:
    return load_catalog_folder(shop.written(folder, shop.edited(*(each.change for each in edits))))


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_touches_whom_it_is_about(name: str, tmp_path: Path) -> None:
    old, new = loaded(tmp_path / "old"), loaded(tmp_path / "new", EDITS[name])
    expected = {each["id"] for each in shop.SECTIONS["customers"]} if EDITS[name].touched == "*" else None
    assert touched_customers(old, new) == (expected or set(EDITS[name].touched.split()))
    assert touched_customers(new, old) == touched_customers(old, new)


def test_files_written_in_another_order_touch_nobody(tmp_path: Path) -> None:
    old = loaded(tmp_path / "old")
    assert touched_customers(old, Catalog.from_json(old.to_json())) == set()
    for section in ("rate_cards", "customers", "billable_metrics"):
        turned = loaded(tmp_path / section, Edit(partial(_turn, section), ""))
        assert touched_customers(old, turned) == set(), section


def _turn(section: str, sections: shop.Sections) -> None:
    sections[section].reverse()


def test_families_are_those_of_both_catalogs(tmp_path: Path) -> None:
    old, new = loaded(tmp_path / "old"), loaded(tmp_path / "new", EDITS["family"], EDITS["customer who is new"])
    assert {each: old for each, old in families(old, new).items() if each != old} == {"kid": "cat", "pat": "cat"}
    assert families(old, new)["eve"] == "eve"
    assert families(old)["cat"] == "cat"


class Everybody:
    """Bills the month to everybody by one catalog after another."""

    def __init__(self, workspace: Path, scratch: Path) -> None:
        self._workspace, self._scratch, self._bills = workspace, scratch, 0

    def billed(self, catalog: Catalog) -> Bills:
        self._bills += 1
        snapshot = EventTable(self._workspace / "lake").snapshot()
        assert snapshot is not None
        root = self._scratch / str(self._bills)
        config = load_config(self._workspace)
        inputs = RunInputs(root, config, catalog, snapshot, parse_period(MONTH), earlier_runs={})
        rebill(inputs, KeptReadings(self._scratch / "kept", looks=True, keeps=True), no_progress)
        bills: Bills = {}
        for output in BILLED:
            for row in Outputs(root / "lake").published(output, MONTH).to_pylist():
                bills.setdefault(row["customer_id"], []).append((output, row))
        return bills


@pytest.fixture(scope="module")
def everybody(landed: Path, tmp_path_factory: pytest.TempPathFactory) -> Everybody:
    return Everybody(landed, tmp_path_factory.mktemp("bills"))


@pytest.fixture(scope="module")
def before(everybody: Everybody, tmp_path_factory: pytest.TempPathFactory) -> tuple[Catalog, Bills]:
    catalog = loaded(tmp_path_factory.mktemp("present"))
    return catalog, everybody.billed(catalog)


def pairs() -> Iterator[tuple[str, str]]:
    """Edits drawn by lot, each once before any comes up again; first the one that reaches the furthest."""
    yield "price finer than quantities", "alert"
    names = sorted(EDITS)
    for seed in count():
        drawn = Random(seed).sample(names, len(names))
        yield from zip(drawn[::2], drawn[1::2], strict=False)


@pytest.mark.parametrize("names", list(islice(pairs(), CATALOGS)), ids=" and ".join)
def test_who_is_not_touched_is_billed_the_same(
    names: tuple[str, str], before: tuple[Catalog, Bills], everybody: Everybody, tmp_path: Path
) -> None:
    catalog, bills = before
    new = loaded(tmp_path, *(EDITS[name] for name in names))
    after = everybody.billed(new)
    different = {each for each in bills.keys() | after.keys() if bills.get(each) != after.get(each)}
    assert different <= touched_customers(catalog, new)
    if "price finer than quantities" in names:
        # Whose quantities have as many places as they may is parked for the price of somebody else's product.
        assert {"bob", "tim"} <= different
