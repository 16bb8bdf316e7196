"""A year of the ai-saas scenario, night by night: what arrives, what is changed, what goes wrong, what is voided.

Each night at 02:00 UTC the lines of the night are landed, the catalog is as its edits leave it, the night is run and,
where it succeeds, the actions of the night are done. The policy is `finalize = "after_grace"` with 24 hours and
`late_usage = "report"`, both the defaults. `expected_year.py` says what must come of it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

from tests.nights.year_traffic import SCENARIO, NightlyTraffic, scenario

CUSTOMERS = 20

SELF_SERVE = "catalog/rates/self-serve.csv"
ENTERPRISE = "catalog/rates/enterprise.csv"
CARDS = "catalog/rate_cards.yml"
PEOPLE = "catalog/customers.jsonl"
CONTRACTS = "catalog/contracts.jsonl"
BALANCES = "catalog/balances.yml"


class Failure(StrEnum):
    """Why a night publishes nothing.

    CATALOG: its edits broke the catalog; LOCKED: another process holds the workspace's lock once the events have
    landed; CRASH: the process dies at the first commit of the night's first publication.
    """

    CATALOG = "catalog"
    LOCKED = "locked"
    CRASH = "crash"


class Do(StrEnum):
    """What is done with a finalized invoice; REGENERATE voids it first when it is not void yet."""

    VOID = "void"
    REGENERATE = "regenerate"


@dataclass(frozen=True, slots=True)
class Action:
    """Something done by hand after a night has run, to the usage invoice of a customer's statement that begins then."""

    do: Do
    customer: int
    starting_at: datetime


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A new price of the row of a rate file that begins with `product` and ends with `group`, from `effective` on."""

    decided: date
    effective: date
    file: str
    product: str
    group: str
    price: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The nights there are, and what happens in which; the date of a night is the day on which it runs."""

    first: date
    last: date
    prices: tuple[PriceChange, ...]
    #: From when seats cost 1290 instead of 1200 on the self-serve card, and when that is decided.
    seats: tuple[date, date]
    #: The night on which a customer number 21 is entered, and the day its contract began.
    newcomer: tuple[date, date]
    failures: Mapping[date, Failure]
    actions: Mapping[date, tuple[Action, ...]]


def _of(do: Do, month: date, *customers: int) -> tuple[Action, ...]:
    return tuple(Action(do, customer, datetime(month.year, month.month, month.day)) for customer in customers)


#: From February 2026 to January 2027, and the nights after in which the last month becomes final.
YEAR = Plan(
    first=date(2026, 2, 2),
    last=date(2027, 2, 4),
    prices=(
        PriceChange(date(2026, 7, 20), date(2026, 8, 15), SELF_SERVE, "Input tokens (millions)", "nova-small,", "24"),
        PriceChange(date(2026, 11, 17), date(2026, 12, 1), ENTERPRISE, "Output tokens (millions)", ",", "1310"),
    ),
    seats=(date(2026, 3, 18), date(2026, 4, 15)),
    newcomer=(date(2026, 7, 6), date(2026, 7, 1)),
    failures={
        date(2026, 6, 2): Failure.CATALOG,
        date(2026, 8, 20): Failure.CATALOG,
        date(2026, 9, 2): Failure.LOCKED,
        date(2026, 11, 2): Failure.CRASH,
    },
    actions={
        date(2026, 3, 12): _of(Do.REGENERATE, date(2026, 2, 1), 1, 5),
        date(2026, 4, 10): _of(Do.REGENERATE, date(2026, 2, 1), 5),
        date(2026, 5, 14): _of(Do.REGENERATE, date(2026, 4, 1), 3, 4),
        date(2026, 8, 10): _of(Do.VOID, date(2026, 7, 1), 2),
        date(2026, 9, 10): _of(Do.REGENERATE, date(2026, 7, 1), 2),
        date(2026, 11, 12): (*_of(Do.REGENERATE, date(2026, 8, 1), 10), *_of(Do.REGENERATE, date(2026, 10, 1), 9)),
        date(2026, 12, 20): _of(Do.VOID, date(2026, 11, 1), 13),
    },
)

#: The same things in ten weeks, for a test that is done in a minute.
SEASON = Plan(
    first=date(2026, 2, 2),
    last=date(2026, 4, 12),
    prices=(
        PriceChange(date(2026, 2, 9), date(2026, 3, 20), SELF_SERVE, "Input tokens (millions)", "nova-small,", "24"),
        PriceChange(date(2026, 3, 17), date(2026, 4, 1), SELF_SERVE, "Output tokens (millions)", ",", "1610"),
    ),
    seats=(date(2026, 2, 18), date(2026, 3, 15)),
    newcomer=(date(2026, 3, 6), date(2026, 3, 1)),
    failures={
        date(2026, 2, 20): Failure.CATALOG,
        date(2026, 2, 25): Failure.LOCKED,
        date(2026, 3, 2): Failure.CATALOG,
        date(2026, 4, 2): Failure.CRASH,
    },
    actions={
        date(2026, 3, 9): _of(Do.VOID, date(2026, 2, 1), 2),
        date(2026, 3, 12): _of(Do.REGENERATE, date(2026, 2, 1), 1, 5),
        date(2026, 3, 14): _of(Do.REGENERATE, date(2026, 2, 1), 5),
        date(2026, 3, 20): _of(Do.REGENERATE, date(2026, 2, 1), 3, 4),
        date(2026, 4, 9): _of(Do.REGENERATE, date(2026, 2, 1), 2),
        date(2026, 4, 10): _of(Do.VOID, date(2026, 3, 1), 13),
    },
)


@dataclass(frozen=True, slots=True)
class Night:
    """One night: the time, the lines that land, the files of the catalog that change, whole, and what goes wrong.

    `actions` are done after the night has run, with the same `now`; a night that fails has none.
    """

    now: datetime
    lines: tuple[str, ...]
    edits: Mapping[str, str]
    failure: Failure | None
    actions: tuple[Action, ...]

    def prepare(self, workspace: Path) -> Path:
        """Writes the night's edits and its event file, which it gives back; nothing is landed yet."""
        self.edit(workspace)
        events = workspace / "events" / f"{self.now:%Y-%m-%d}.ndjson"
        events.parent.mkdir(exist_ok=True)
        events.write_text("".join(f"{line}\n" for line in self.lines), encoding="utf-8", newline="\n")
        return events

    def edit(self, workspace: Path) -> None:
        """Writes the night's edits of the catalog."""
        for name, text in self.edits.items():
            (workspace / name).write_text(text, encoding="utf-8", newline="\n")


class Year:
    """The material of a plan; the same plan and seed give the same bytes."""

    def __init__(self, plan: Plan = YEAR, *, seed: int = 7, events: int = 40) -> None:
        self.plan = plan
        rng = Random(seed)
        self.customers = scenario().make_customers(rng, CUSTOMERS + 1)
        moments = [datetime(day.year, day.month, day.day, 2) for day in _days(plan.first, plan.last)]
        # The first night's events must not reach into the month before the first one that is billed.
        assert moments[0].day > 1
        lines = NightlyTraffic(rng, self.customers, moments, events).by_night()
        edits = dict(self._edits())
        self.nights = tuple(
            Night(
                moment,
                tuple(arrived),
                edits.get(moment.date(), {}),
                plan.failures.get(moment.date()),
                plan.actions.get(moment.date(), ()),
            )
            for moment, arrived in zip(moments, lines, strict=True)
        )

    def start(self, workspace: Path) -> None:
        """Writes the workspace as it is before the first night."""
        for name, text in self.files.items():
            (workspace / name).parent.mkdir(parents=True, exist_ok=True)
            (workspace / name).write_text(text, encoding="utf-8", newline="\n")
        (workspace / "metrics_sql").mkdir(exist_ok=True)
        for name in scenario().SQL_METRICS:
            shutil.copyfile(scenario().METRICS_SQL / name, workspace / "metrics_sql" / name)

    @cached_property
    def files(self) -> dict[str, str]:
        """The text of every file of the catalog before the first night, and of the configuration."""
        module, known = scenario(), self.customers[:CUSTOMERS]
        names = ("catalog/metrics.yml", "catalog/products.yml", CARDS, SELF_SERVE, ENTERPRISE)
        return {
            **{name: (SCENARIO / name).read_text(encoding="utf-8") for name in names},
            "duckbill.toml": '[workspace]\nname = "ai-saas-year"\n',
            BALANCES: _BALANCES,
            PEOPLE: _json_lines(_person(each) for each in known),
            CONTRACTS: _json_lines(
                {**contract, **_GRANTED.get(each.number, {})}
                for each in known
                for contract in module.contracts_of(each)
            ),
        }

    def _edits(self) -> Iterator[tuple[date, dict[str, str]]]:
        """The catalog edits of each night that has some, in order; a broken file is mended the night after."""
        plan, files = self.plan, dict(self.files)
        on: dict[date, list[Any]] = {}
        for change in plan.prices:
            on.setdefault(change.decided, []).append(change)
        broken: dict[str, str] = {}
        for day in _days(plan.first, plan.last):
            edits, broken = broken, {}
            changed = {change.file: _new_price(files[change.file], change) for change in on.get(day, ())}
            if day == plan.seats[0]:
                changed[CARDS] = _new_seat_price(files[CARDS], plan.seats[1])
            if day == plan.newcomer[0]:
                changed |= self._entered(files)
            files |= changed
            edits |= changed
            if plan.failures.get(day) is Failure.CATALOG:
                broken = {CARDS: files[CARDS], SELF_SERVE: files[SELF_SERVE]}
                wrong = (files[CARDS].replace("rate_type: FLAT", "rate_typ: FLAT", 1), files[SELF_SERVE])
                if day.day > 10:
                    wrong = (files[CARDS], files[SELF_SERVE].replace(",FLAT,110,", ",FLAT,11O,", 1))
                edits |= dict(zip((CARDS, SELF_SERVE), wrong, strict=True))
            if edits:
                yield day, edits

    def _entered(self, files: Mapping[str, str]) -> dict[str, str]:
        """The newcomer's lines, at the end of the files."""
        customer, start = self.customers[CUSTOMERS], self.plan.newcomer[1]
        (contract,) = scenario().contracts_of(customer)
        contract |= {"starting_at": f"{start}T00:00:00Z"}
        return {
            PEOPLE: files[PEOPLE] + _json_lines([_person(customer)]),
            CONTRACTS: files[CONTRACTS] + _json_lines([contract]),
        }


#: A commit that is used up within two months, and a credit that comes anew each month.
_GRANTED: Mapping[int, Mapping[str, Any]] = {
    3: {
        "commits": [
            {
                "type": "PREPAID",
                "name": "Head start",
                "product": "Prepaid usage",
                "access_schedule": {
                    "schedule_items": [
                        {
                            "amount": 20000,
                            "starting_at": "2026-02-01T00:00:00Z",
                            "ending_before": "2027-02-01T00:00:00Z",
                        }
                    ]
                },
                "invoice_schedule": {
                    "schedule_items": [
                        {"timestamp": "2026-02-10T00:00:00Z", "amount": 10000},
                        {"timestamp": "2026-03-10T00:00:00Z", "amount": 8000},
                    ]
                },
            }
        ]
    },
    4: {
        "recurring_credits": [
            {
                "name": "Thank you",
                "product": "Goodwill",
                "applicable_products": ["Seats"],
                "access_amount": {"unit_price": 1500, "quantity": 1},
                "commit_duration": {"value": 1},
                "starting_at": "2026-02-01T00:00:00Z",
                "ending_before": "2026-12-01T00:00:00Z",
            }
        ]
    },
}

_BALANCES = """\
products:
  - { name: Prepaid usage, type: FIXED }
  - { name: Goodwill, type: FIXED }
"""

_SEATS = """\
      - product: Seats
        starting_at: "2026-01-01T00:00:00Z"
        entitled: true
        rate_type: FLAT
        price: 1200
"""


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _person(customer: Any) -> dict[str, Any]:
    return {"id": customer.id, "name": customer.name, "ingest_aliases": customer.aliases}


def _json_lines(items: Any) -> str:
    return "".join(f"{json.dumps(item)}\n" for item in items)


def _new_price(text: str, change: PriceChange) -> str:
    """A rate file in which a row ends when another with the new price begins."""
    rows = text.splitlines()
    start, end = f"{change.product},2026-01-01T00:00:00Z,,", f",{change.group}"
    (at,) = (number for number, row in enumerate(rows) if row.startswith(start) and row.endswith(end))
    product, since, _, entitled, kind, _, *group = rows[at].split(",")
    effective = f"{change.effective}T00:00:00Z"
    old = rows[at].replace(f"{since},,", f"{since},{effective},", 1)
    new = ",".join((product, effective, "", entitled, kind, change.price, *group))
    return "\n".join([*rows[:at], old, new, *rows[at + 1 :]]) + "\n"


def _new_seat_price(text: str, effective: date) -> str:
    assert text.count(_SEATS) == 1
    instant = f'"{effective}T00:00:00Z"'
    ends = _SEATS.replace("        entitled", f"        ending_before: {instant}\n        entitled")
    begins = _SEATS.replace('"2026-01-01T00:00:00Z"', instant).replace("1200", "1290")
    return text.replace(_SEATS, ends + begins)
