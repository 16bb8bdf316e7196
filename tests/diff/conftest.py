"""The shop, billed once, and billed again after everything in it has changed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

import engine
from engine.workspace import Workspace
from tests.diff.shop import IVYS, LATE, OCTOBER, Sections, change, contract, owed, run, shop, standing
from tests.spec.workspaces import land


@dataclass(frozen=True)
class Changed:
    """The workspace, its runs before and after, a run of Dan alone in between, and what is owed before and after."""

    workspace: Workspace
    before: str
    dans: str
    after: str
    owed_before: dict[tuple[str, str], Decimal]
    owed_after: dict[tuple[str, str], Decimal]


@pytest.fixture(scope="session")
def october(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop with October billed; not to be written to."""
    return shop(tmp_path_factory.mktemp("october") / "workspace").root


@pytest.fixture(scope="session")
def changed(october: Path, tmp_path_factory: pytest.TempPathFactory) -> Changed:
    """One cause for each of six customers, and all of them for Gil; Hal has left and Ivy has come.

    September, of which Zed drew on a credit, is billed only once October has been.
    """
    root = Path(shutil.copytree(october, tmp_path_factory.mktemp("changed") / "workspace"))
    workspace = engine.open(root)
    before, owed_before = standing(workspace), owed(workspace.invoices(OCTOBER))
    land(workspace, LATE)
    dans = run(workspace, select="customer:Dan")
    land(workspace, IVYS)
    change(root, everything)
    run(workspace, period="2026-09")
    after = run(workspace)
    return Changed(workspace, before, dans, after, owed_before, owed(workspace.invoices(OCTOBER)))


def everything(sections: Sections) -> None:
    """Every part of the catalog, each for somebody."""
    segment = contract(sections, "anns")["commits"][0]["access_schedule"]["schedule_items"][0]
    segment["amount"] = 45
    contract(sections, "bobs")["overrides"][0]["multiplier"] = 0.5
    contract(sections, "cats")["ending_before"] = "2026-10-16T00:00:00Z"
    cards = {each["name"]: each for each in sections["rate_cards"]}
    cards["eves"]["rates"][0]["price"] = 3
    next(each for each in sections["products"] if each["name"] == "Peak")["billable_metric"] = "largest"
    cards["gils"]["rates"][0]["price"] = 4
    contract(sections, "gils")["overrides"][0]["multiplier"] = 0.25
    contract(sections, "gils")["scheduled_charges"] = [
        {"product": "Fee", "schedule": {"schedule_items": [{"timestamp": "2026-10-09T00:00:00Z", "amount": 1000}]}}
    ]
    sections["credits"][1]["access_schedule"]["schedule_items"][0]["amount"] = 250
    for section, key in (("contracts", "customer"), ("customers", "id")):
        sections[section] = [each for each in sections[section] if each[key] != "hal"]
    sections["customers"].append({"id": "ivy", "name": "Ivy"})
    sections["contracts"].append(
        {"id": "ivys", "customer": "ivy", "rate_card": "plain", "starting_at": "2026-10-01T00:00:00Z"}
    )
