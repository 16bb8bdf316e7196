"""A workspace of several hundred small contracts with balances, its events in two parts, and slices for the oracle."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tests.generated.bulk.metrics import metric_items
from tests.generated.bulk.rate_cards import EURO_ID
from tests.generated.bulk_balances.market import CONTRACTS, Market, market
from tests.generated.dice import Dice
from tests.generated.writing import write_json, write_yaml
from tests.oracle.times import month, months_after

#: Markets in a workspace, so that it holds five hundred contracts.
MARKETS = -(-500 // CONTRACTS)

#: First months: those beside a February, a year's end, and months of different lengths.
_PERIODS = ("2026-10", "2026-02", "2024-01", "2026-12", "2026-03", "2025-01", "2024-02")
_SETTINGS = '[workspace]\nname = "balances"\n\n[landing]\npast_days = 450\n'
_AFTER = timedelta(hours=6)


@dataclass(frozen=True)
class Billing:
    """One of the months: what lands before its run, and the clock of both."""

    period: str
    events: Path
    clock: datetime


@dataclass(frozen=True)
class Plan:
    """What a seed says of its workspace as a whole: `period` is the first month."""

    seed: int
    period: str
    granularity: str


@dataclass(frozen=True)
class Bulk:
    """One workspace on disk, to be billed month by month."""

    plan: Plan
    folder: Path
    billings: tuple[Billing, ...]
    markets: tuple[Market, ...]

    @property
    def seed(self) -> int:
        return self.plan.seed

    @property
    def features(self) -> Counter[str]:
        """How often each construct was written."""
        return sum((each.features for each in self.markets), Counter())

    @property
    def periods(self) -> tuple[str, ...]:
        return tuple(each.period for each in self.billings)

    def slice(self, name: str) -> Path:
        """A workspace with one market alone and without events; markets have nothing to do with each other."""
        return self.folder.parent / "slices" / name


def bulk(seed: int, directory: Path, numbers: tuple[int, ...] = tuple(range(MARKETS))) -> Bulk:
    """Write the workspace of this seed below an empty directory, or only some of its markets."""
    dice = Dice(seed)
    first = dice.pick(_PERIODS)
    granularity = dice.pick(("HOUR", "SERVICE_PERIOD"))
    start, turn = month(first)
    markets = tuple(market(seed, number, (start, months_after(turn, 1))) for number in numbers)
    return write(Plan(seed, first, granularity), directory, markets)


def write(plan: Plan, directory: Path, markets: tuple[Market, ...]) -> Bulk:
    """Write a workspace of these markets below an empty directory."""
    _, turn = month(plan.period)
    billings = (
        Billing(plan.period, directory / "events-1.ndjson", turn + _AFTER),
        Billing(f"{turn:%Y-%m}", directory / "events-2.ndjson", months_after(turn, 1) + _AFTER),
    )
    made = Bulk(plan, directory / "workspace", billings, markets)
    settings = f'{_SETTINGS}\n[metering]\nsql_breakdown_granularity = "{plan.granularity}"\n'
    euro = {"id": EURO_ID, "name": "EUR", "is_currency": True}
    shared = {"billable_metrics": metric_items(), "pricing_units": [euro]}
    for folder in (made.folder, *(made.slice(each.name) for each in markets)):
        (folder / "catalog").mkdir(parents=True)
        (folder / "duckbill.toml").write_text(settings, encoding="utf-8")
        write_json(folder / "catalog" / "shared.json", shared)
    for number, each in enumerate(markets):
        # YAML takes longer to read, so one market of a workspace has to do for it.
        write_it, suffix = (write_yaml, "yml") if number == 0 else (write_json, "json")
        path = made.slice(each.name) / "catalog" / f"{each.name}.{suffix}"
        write_it(path, each.document)
        shutil.copyfile(path, made.folder / "catalog" / path.name)
    lines = [line for each in markets for line in each.lines]
    parts = [text for at, text in lines if at < turn], [text for at, text in lines if at >= turn]
    for billing, part in zip(billings, parts, strict=True):
        billing.events.write_text("".join(line + "\n" for line in part), encoding="utf-8")
    return made
