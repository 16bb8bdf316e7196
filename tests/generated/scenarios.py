"""Random valid workspaces with an event file, small enough to bill by hand and reaching every construct."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tests.generated.agreements import contracts, contracts_of, customers
from tests.generated.catalogs import Item, products, rates, sql_metrics, streaming_metrics
from tests.generated.dice import Dice
from tests.generated.event_lines import event_lines
from tests.generated.routes import route
from tests.generated.swaps import Metrics, swap_metrics
from tests.generated.writing import write_csv, write_json, write_jsonl, write_yaml
from tests.oracle.times import month

_MONTHS = ("2026-10", "2026-02", "2024-02", "2026-12", "2026-03", "2025-01")
_DEDUPLICATED = timedelta(days=34)
_PAUSES = (
    timedelta(microseconds=1),
    timedelta(hours=1),
    timedelta(days=3),
    _DEDUPLICATED,
    _DEDUPLICATED + timedelta(microseconds=1),
)
_CSV_COLUMNS = ("product", "starting_at", "ending_before", "entitled", "rate_type", "price")


@dataclass(frozen=True)
class Scenario:
    """A workspace on disk, what lands in it and when, the clock, month and cut-off of its bill, and its constructs."""

    seed: int
    workspace: Path
    landings: tuple[tuple[Path, datetime], ...]
    now: datetime
    period: str
    as_of: datetime | None
    features: Counter[str]

    @property
    def span(self) -> tuple[datetime, datetime]:
        """The first instant of the month to bill, and the first of the next one."""
        return month(self.period)


def scenario(seed: int, directory: Path, *, every_sql_metric: bool = False) -> Scenario:
    """Write the workspace of this seed into an empty directory; the same seed always writes the same bytes.

    With `every_sql_metric`, one that sells all SQL metrics of the oracle instead of a few.
    """
    dice = Dice(seed)
    period = dice.pick(_MONTHS)
    span = month(period)
    clocks = _clocks(dice, span)
    _settings(dice, directory, dice.pick((34, 34, 120, 450)))

    routed = dice.chance(0.3)
    streaming, sql = streaming_metrics(dice, clocks, routed), sql_metrics(dice, every_sql_metric)
    sold = products(dice, streaming, [name for name, _ in sql], every_sql_metric)
    owners = customers(dice)
    cuts: list[datetime] = []
    cards: dict[str, list[Item]] = {}
    for number in range(dice.number(1, 2)):
        cards[f"card_{number}"] = _rate_card(dice, directory, number, sold, span, cuts)
    agreed = contracts(dice, span, owners, cards, cuts)
    metrics = Metrics(streaming, [name for name, _ in sql])
    swap_metrics(dice, span, sold, metrics, cuts)
    route(dice, span, agreed, cards, metrics, cuts)

    write_yaml(directory / "catalog" / "catalog.yml", {"billable_metrics": streaming, "products": sold})
    _write_agreements(dice, directory, owners, agreed)
    for name, text in sql:
        path = directory / "metrics_sql" / (name.lower().replace(" ", "_") + ".sql")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    agreements = [(owner, contracts_of(owner, agreed)) for owner in owners]
    files = event_lines(dice, span, clocks, agreements, cuts, dice.chance(0.06))
    landings = tuple((directory / f"events_{number}.ndjson", clock) for number, clock in enumerate(clocks))
    for (path, _), lines in zip(landings, files, strict=True):
        path.write_bytes("".join(line + "\n" for line in lines).encode("utf-8"))
    as_of = dice.pick(clocks) if dice.chance(0.5 if len(clocks) > 1 else 0.1, "as-of") else None
    return Scenario(seed, directory, landings, clocks[-1], period, as_of, dice.features)


def _clocks(dice: Dice, span: tuple[datetime, datetime]) -> list[datetime]:
    """When the event files land: all after the month, some so late that an id is no duplicate any more."""
    clocks = [span[1] + timedelta(hours=dice.pick((0, 6, 50)), minutes=dice.pick((0, 1)))]
    if dice.chance(0.4, "several landings"):
        for _ in range(dice.number(1, 2)):
            clocks.append(clocks[-1] + dice.pick(_PAUSES))
            if clocks[-1] - clocks[0] > _DEDUPLICATED:
                dice.note("landing after the ids of an earlier one are forgotten")
    return clocks


def _write_agreements(dice: Dice, directory: Path, owners: list[Item], agreed: list[Item]) -> None:
    if dice.chance(0.5, "JSONL catalog file"):
        write_jsonl(directory / "catalog" / "people" / "customers.jsonl", owners)
    else:
        write_yaml(directory / "catalog" / "people.yaml", {"customers": owners})
    if dice.chance(0.3, "JSON catalog file"):
        write_json(directory / "catalog" / "contracts.json", {"contracts": agreed})
    else:
        write_yaml(directory / "catalog" / "contracts.yml", {"contracts": agreed})


def _settings(dice: Dice, directory: Path, past_days: int) -> None:
    text = f'[workspace]\nname = "generated"\n\n[landing]\npast_days = {past_days}\n'
    if dice.chance(0.3, "sql_breakdown_granularity in settings"):
        text += f'\n[metering]\nsql_breakdown_granularity = "{dice.pick(("HOUR", "SERVICE_PERIOD"))}"\n'
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "duckbill.toml").write_text(text, encoding="utf-8")


def _rate_card(
    dice: Dice,
    directory: Path,
    number: int,
    sold: list[Item],
    span: tuple[datetime, datetime],
    cuts: list[datetime],
) -> list[Item]:
    """Write one rate card; all rates of a product stand in one place. Returns the products that have a rate."""
    card: Item = {"id": f"rate-card-{number}", "name": f"card_{number}"}
    nested: list[Item] = []
    sections: list[Item] = []
    seeds: list[dict[str, str]] = []
    keys: list[str] = []
    priced = []
    for product in sold:
        if dice.chance(0.1, "product without rates"):
            continue
        priced.append(product)
        made = rates(dice, product, span, cuts)
        flat = all(rate["rate_type"].upper() == "FLAT" for rate in made)
        place = dice.pick(("nested", "add", "addRates", "csv"))
        if place == "csv" and flat:
            dice.note("rates in CSV")
            seeds.extend(_seed(product, rate) for rate in made)
            keys.extend(product.get("pricing_group_key", []))
        elif place == "add":
            dice.note("rates one by one")
            sections.extend({"rate_card_id": card["id"], "product_id": product["id"], **rate} for rate in made)
        elif place == "addRates":
            dice.note("rates in one body")
            body = [{"product": product["name"], **rate} for rate in made]
            sections.append({"rate_card": card["name"], "rates": body})
        else:
            dice.note("rates in the rate card")
            nested.extend({"product_id": product["name"], **rate} for rate in made)
    if nested:
        card["rates"] = nested
    document: Item = {"rate_cards": [card]}
    if sections:
        document["rates"] = sections
    write_yaml(directory / "catalog" / f"card_{number}.yml", document)
    if seeds:
        columns = (*_CSV_COLUMNS, *dict.fromkeys(keys))
        write_csv(directory / "catalog" / "rates" / f"card_{number}.csv", columns, seeds)
    return priced


def _seed(product: Item, rate: Item) -> dict[str, str]:
    return {
        "product": product["name"],
        "starting_at": rate["starting_at"],
        "ending_before": rate.get("ending_before", ""),
        "entitled": "true" if rate["entitled"] else "false",
        "rate_type": rate["rate_type"],
        "price": str(rate["price"]),
        **rate.get("pricing_group_values", {}),
    }
