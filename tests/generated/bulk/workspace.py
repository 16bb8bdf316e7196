"""A bulk workspace: several hundred small contracts, their events, and the same in slices for the oracle."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tests.generated.bulk.market import CONTRACTS, Market, market
from tests.generated.bulk.metrics import CALL, metric_items
from tests.generated.bulk.rate_cards import EURO_ID
from tests.generated.bulk.scene import Month
from tests.generated.dice import Dice
from tests.generated.writing import to_instant, write_json, write_yaml
from tests.oracle.times import month

#: Markets in a workspace, so that it holds five hundred contracts.
MARKETS = -(-500 // CONTRACTS)

_PERIODS = ("2026-10", "2026-02", "2024-02", "2026-12", "2026-03", "2025-01")
_SETTINGS = '[workspace]\nname = "bulk"\n\n[landing]\npast_days = 450\n'


@dataclass(frozen=True)
class Bulk:
    """One workspace on disk; `events` is the file that lands in it at `clock`."""

    seed: int
    folder: Path
    events: Path
    clock: datetime
    period: str
    markets: tuple[Market, ...]

    @property
    def features(self) -> Counter[str]:
        """In how many markets each construct occurs."""
        return Counter(name for each in self.markets for name in each.features)

    @property
    def parked(self) -> set[str]:
        return {contract for each in self.markets for contract in each.parked}

    @property
    def nameless(self) -> frozenset[str]:
        """Contracts of packages: their overrides, subscriptions and charges have no ids that the files give."""
        return frozenset(contract for each in self.markets for contract in each.of_packages)

    def slice(self, name: str) -> Path:
        """A workspace with one market alone and without events; markets have nothing to do with each other."""
        return self.folder.parent / "slices" / name


def bulk(seed: int, directory: Path, numbers: tuple[int, ...] = tuple(range(MARKETS))) -> Bulk:
    """Write the workspace of this seed below an empty directory, or only some of its markets."""
    dice = Dice(seed)
    period = dice.pick(_PERIODS)
    span: Month = month(period)
    clock = span[1] + timedelta(hours=6)
    markets = tuple(market(seed, number, span) for number in numbers)
    made = Bulk(seed, directory / "workspace", directory / "events.ndjson", clock, period, markets)
    granularity = dice.pick(("HOUR", "SERVICE_PERIOD"))
    settings = f'{_SETTINGS}\n[metering]\nsql_breakdown_granularity = "{granularity}"\n'
    for folder in (made.folder, *(made.slice(each.name) for each in markets)):
        (folder / "catalog").mkdir(parents=True)
        (folder / "duckbill.toml").write_text(settings, encoding="utf-8")
        shared = {"billable_metrics": metric_items(), "pricing_units": [_euro()]}
        write_json(folder / "catalog" / "shared.json", shared)
    for number, each in enumerate(markets):
        # YAML takes longer to read, so one market of a workspace has to do for it.
        write, suffix = (write_yaml, "yml") if number == 0 else (write_json, "json")
        path = made.slice(each.name) / "catalog" / f"{each.name}.{suffix}"
        write(path, each.document)
        shutil.copyfile(path, made.folder / "catalog" / path.name)
    stranger = {"transaction_id": "last", "customer_id": "nobody", "event_type": CALL, "timestamp": to_instant(span[0])}
    lines = [*(line for each in markets for line in each.lines), json.dumps(stranger)]
    made.events.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return made


def _euro() -> dict[str, object]:
    return {"id": EURO_ID, "name": "EUR", "is_currency": True}
