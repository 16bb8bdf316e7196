"""One worked example, and the workspace in which all examples of a file are billed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

import engine
from tests.generated.compare import decimal_text
from tests.spec.tables import draw_table, read_table

#: Later than every example; how old an event may be is not what these examples are about.
NOW = datetime(2027, 1, 1, 6)
SETTINGS = '[workspace]\nname = "examples"\n\n[landing]\npast_days = 4000\n'

#: When a contract starts that does not say.
YEAR = "2026-01-01T00:00:00Z"

_AMOUNTS = ("opening", "granted", "manual", "drawn", "rolled over", "expired", "trued up", "closing")
NUMBERS = (
    *("quantity", "unit price", "total", "multiplier", "payable"),
    *("units", "amount", "after", "threshold", "value", *_AMOUNTS),
)
#: Columns that a table of lines may leave out when they are this on every line.
USUAL = {"pricing": "", "presentation": "", "tier": "", "type": "usage", "currency": "USD (cents)", "balance": ""}

#: What is shown of rows that an example does not expect at all.
TELLING = ("product", "pricing", "presentation", "from", "to", "quantity", "balance", "alert", "amount", "granted")

#: What a run publishes, as an example's tables are called.
PUBLISHED = ("line_items", "unrated", "not_entitled", "invoices", "ledger", "balances", "alerts")

#: Nothing is billed before something has landed, and not every example has usage.
SOMETHING: dict[str, object] = {
    "transaction_id": "something",
    "customer_id": "nobody",
    "timestamp": YEAR,
    "event_type": "nothing",
    "properties": {},
}


@dataclass(frozen=True)
class Example:
    """What goes in and what must come out; `source` says where the rule or the numbers are from.

    `contract` is a contract as in the catalog, or a list of contracts, of this example's own customer, who
    tells its lines from those of the other examples; left out, `starting_at` is `since`, 1 January 2026. A contract of
    one of the `others`, who are customers of this example as well, names it. `catalog` has further sections, such as
    contract_edits. `periods` are the billing months that are run. Tables that are None are not compared.
    """

    source: str
    rule: str
    customer: str
    contract: str
    events: str
    lines: str | None
    unrated: str = ""
    not_entitled: str = ""
    invoices: str | None = None
    ledger: str | None = None
    balances: str | None = None
    alerts: str | None = None
    periods: tuple[str, ...] = ("2026-10",)
    aliases: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    catalog: str = ""
    since: str = YEAR

    @property
    def customers(self) -> tuple[str, ...]:
        """Everyone whose invoices are compared."""
        return (self.customer, *self.others)


def named(example: Example) -> str:
    """The name of an example's test; pytest would spell out a section sign."""
    return f"{example.source}: {example.rule}".replace("§", "")


@dataclass(frozen=True)
class Ledger:
    """Everything that was published for the examples of a file, by table; rows have the engine's columns.

    Besides there are `totals`: what each run says its invoices come to.
    """

    published: Mapping[str, Sequence[Mapping[str, Any]]]

    def check(self, example: Example) -> None:
        """Compare every table of an example; AssertionError shows the expected and the actual table."""
        if example.lines is not None:
            _same("lines", read_table(example.lines), self._lines(example))
        for report in ("unrated", "not_entitled"):
            found = [_line(row) for row in self._rows(report, example)]
            _same(report, read_table(getattr(example, report)), found)
        invoices = self._rows("invoices", example)
        if example.invoices is not None:
            _same("invoices", read_table(example.invoices), [_invoice(row) for row in invoices])
        for table in ("ledger", "balances", "alerts"):
            wanted = getattr(example, table)
            if wanted is not None:
                _same(table, read_table(wanted), [_entry(row, self._names) for row in self._rows(table, example)])
        lines = [row for row in self._rows("line_items", example) if row["in_total"]]
        for each in invoices:
            own = [row for row in lines if row["invoice_id"] == each["id"] and row["currency"] == each["currency"]]
            assert Fraction(each["total"]) == sum(Fraction(row["total"]) for row in own)

    def check_order(self, example: Example) -> None:
        """The lines were published in the order of the example's table."""
        assert example.lines is not None, "the order of which lines?"
        wanted = read_table(example.lines)
        found = [{name: line[name] for name in wanted[0]} for line in self._lines(example)]
        if found != wanted:
            raise _difference("order of lines", list(wanted[0]), wanted, found)

    def _lines(self, example: Example) -> list[dict[str, str]]:
        invoices = {each["id"]: each for each in self._rows("invoices", example)}
        return [
            _line(row) | _on(invoices[row["invoice_id"]]) | {"balance": self._covered_by(row)}
            for row in self._rows("line_items", example)
        ]

    def _covered_by(self, line: Mapping[str, Any]) -> str:
        """The name of the balance that covers a line; what a line pays for stands in its own name."""
        return "" if line["type"] == "commit_purchase" else self._names.get(line["commit_id"], "")

    @property
    def _names(self) -> Mapping[str, str]:
        """The names of balances by their ids."""
        return {row["balance_id"]: row["balance_name"] for row in self.published["balances"]}

    def _rows(self, table: str, example: Example) -> list[Mapping[str, Any]]:
        return [
            row
            for row in self.published[table]
            if row["customer_id"] in example.customers and row["billing_period"] in example.periods
        ]


def bill(root: Path, shared: Sequence[str], examples: Sequence[Example]) -> Ledger:
    """Write a workspace of shared catalog files and examples, land the events and run every period that is named."""
    (root / "catalog").mkdir(parents=True)
    (root / "duckbill.toml").write_text(SETTINGS, encoding="utf-8")
    for position, text in enumerate(shared):
        (root / "catalog" / f"shared_{position:02d}.yml").write_text(text, encoding="utf-8")
    events: list[dict[str, object]] = [SOMETHING]
    for number, example in enumerate(examples):
        path = root / "catalog" / f"example_{number:02d}.json"
        path.write_text(json.dumps(_catalog(example)), encoding="utf-8")
        events.extend(_events(example, number))
    workspace = engine.open(root)
    landed = workspace.land(events, now=NOW)
    assert landed.accepted == len(events), landed
    published: dict[str, list[Mapping[str, Any]]] = {}
    for period in sorted({period for example in examples for period in example.periods}):
        run = workspace.run(period, now=NOW)
        assert run.parked.dicts() == []
        totals = run.summary["totals"]
        assert isinstance(totals, dict)
        published.setdefault("totals", []).extend(
            {"billing_period": period, "currency": currency, "total": total} for currency, total in totals.items()
        )
        for table in PUBLISHED:
            rows = getattr(run, table).dicts()
            published.setdefault(table, []).extend({**row, "billing_period": period} for row in rows)
    return Ledger(published)


def _catalog(example: Example) -> dict[str, Any]:
    """The example's customer and contracts as a catalog file; its short decimals come back digit for digit."""
    written = yaml.safe_load(example.contract)
    contracts = written if isinstance(written, list) else [written]
    more = yaml.safe_load(example.catalog) or {}
    described = {each["id"] for each in more.get("customers", ())}
    customers: list[dict[str, Any]] = [
        {"id": name, "name": name} for name in example.customers if name not in described
    ]
    if example.aliases:
        customers[0]["ingest_aliases"] = list(example.aliases)
    own: dict[str, list[Any]] = {
        "customers": customers,
        "contracts": [
            {"customer_id": example.customer, "starting_at": example.since, **contract} for contract in contracts
        ],
    }
    return {section: [*own.get(section, ()), *more.get(section, ())] for section in own | more}


def _events(example: Example, number: int) -> Iterable[dict[str, object]]:
    for position, row in enumerate(read_table(example.events)):
        sender = row.pop("customer", None) or example.customer
        time, kind = row.pop("time"), row.pop("type")
        day, _, clock = time.partition(" ")
        yield {
            "transaction_id": f"example-{number}-event-{position}",
            "customer_id": sender,
            "timestamp": f"{day}T{clock or '00:00'}" + (":00Z" if clock.count(":") < 2 else "Z"),
            "event_type": kind,
            "properties": {name: value for name, value in row.items() if value},
        }


def _line(row: Mapping[str, Any]) -> dict[str, str]:
    """A line or a row of a report with the columns of an example's table; spans of whole periods come as ''."""
    whole = row.get("period_starting_at") == row["starting_at"] and row["period_ending_before"] == row["ending_before"]
    return {
        "customer": row["customer_id"],
        "contract": row["contract_id"],
        "product": row["product_name"] or "",
        "name": row.get("name") or "",
        "type": _type(row),
        "currency": row.get("currency") or "",
        "pricing": _values(row["pricing_group_values"]),
        "presentation": _values(row["presentation_group_values"]),
        "from": _time(row["starting_at"]),
        "to": _time(row["ending_before"]),
        "whole": "yes" if whole else "no",
        "tier": _text(row.get("tier_level")),
        "override tier": _text(row.get("override_tier_level")),
        "override": _text(row.get("override_type")),
        "multiplier": _number(row.get("override_multiplier")),
        "reason": _text(row.get("override_reason")),
        "frequency": _text(row.get("billing_frequency")),
        "prorated": {None: "", True: "yes", False: "no"}[row.get("is_prorated")],
        "origin": _text(row.get("origin_contract_id")),
        "product fields": _values(row.get("product_custom_fields")),
        "fields": _values(row.get("custom_fields")),
        "run": row["billing_period"],
        "units": _number(row.get("quantity_consumed")),
        "quantity": _number(row["quantity"]),
        "unit price": _number(row.get("unit_price")),
        "total": _number(row.get("total")),
    }


def _type(row: Mapping[str, Any]) -> str:
    """The type of a line; `applied` takes off what a balance covers, `noted` shows it and takes nothing off."""
    if row.get("type") == "applied_commit_or_credit":
        return "applied" if row["in_total"] else "noted"
    return row.get("type") or ""


def _entry(row: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    """A row of the ledger, the balances or the alerts, with every column that one of the tables has."""
    amounts = {column: _number(row.get(column.replace(" ", "_"))) for column in _AMOUNTS}
    return {
        "run": row["billing_period"],
        "customer": row["customer_id"],
        "contract": _text(row.get("contract_id")),
        "balance": names.get(row.get("balance_id", ""), ""),
        "kind": _text(row.get("kind")),
        "type": _text(row.get("type")),
        "time": _time(row.get("timestamp")),
        "amount": _number(row.get("amount")),
        "after": _number(row.get("balance_after")),
        "reason": _text(row.get("reason")),
        "currency": _text(row.get("currency")),
        "from": _time(row.get("starting_at")),
        "to": _time(row.get("ending_before")),
        "alert": _text(row.get("alert_name")),
        "threshold": _number(row.get("threshold")),
        "value": _number(row.get("value")),
        "crossed": _time(row.get("crossed_at")),
        **amounts,
    }


def _on(invoice: Mapping[str, Any]) -> dict[str, str]:
    """Which invoice a line is on: a usage invoice `until` its end, a scheduled one `on` its day, `all until` its end
    a consolidated one, `short on` its day what charges a postpaid commit's rest."""
    word = {"USAGE": "until", "SCHEDULED": "on", "USAGE_CONSOLIDATED": "all until", "TRUEUP": "short on"}[
        invoice["type"]
    ]
    return {"invoice": f"{word} {_time(invoice['ending_before'] or invoice['issued_at'])}"}


def _invoice(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "type": row["type"],
        "issued": _time(row["issued_at"]),
        "terms": _text(row["net_payment_terms_days"]),
        "payer": row["payer_customer_id"],
        "currency": row["currency"],
        "payable": _number(row["payable"]),
        "fields": _values(row["custom_fields"]),
        "customer fields": _values(row["customer_custom_fields"]),
        "lines": str(row["line_items"]),
        "together": str(len(json.loads(row["constituent_invoices"] or "[]"))),
        "run": row["billing_period"],
        "customer": row["customer_id"],
        "contract": row["contract_id"],
        "from": _time(row["starting_at"]),
        "to": _time(row["ending_before"]),
        "total": _number(row["total"]),
    }


def _values(text: str | None) -> str:
    """A JSON object as `key=value, key=value`."""
    if text is None:
        return ""
    return ", ".join(f"{key}={'null' if value is None else value}" for key, value in json.loads(text).items())


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _time(moment: datetime | None) -> str:
    if moment is None:
        return ""
    text = f"{moment:%Y-%m-%d %H:%M:%S}"
    return text.removesuffix(":00").removesuffix(" 00:00")


def _number(value: object) -> str:
    """A number without needless zeros; a float can only be a mistake."""
    assert not isinstance(value, float)
    return "" if value is None else decimal_text(Fraction(str(value)))


def _same(what: str, expected: list[dict[str, str]], found: list[dict[str, str]]) -> None:
    if not expected and not found:
        return
    columns = list(expected[0]) if expected else [name for name in TELLING if name in found[0]]
    wanted = [
        {name: _number(cell) if cell and name in NUMBERS else cell for name, cell in row.items()} for row in expected
    ]
    for single in ("customer", "contract"):
        told = {single, "contract"} & set(columns)
        assert told or len({row[single] for row in found}) <= 1, f"{what}: say which {single}"
    if what == "lines":
        for column, usual in USUAL.items():
            if column not in columns:
                columns.append(column)
                wanted = [{**row, column: usual} for row in wanted]
        if "from" not in columns and "to" not in columns:
            columns.append("whole")
            wanted = [{**row, "whole": "yes"} for row in wanted]
    counted = [Counter(tuple(row[name] for name in columns) for row in rows) for rows in (wanted, found)]
    if counted[0] != counted[1]:
        raise _difference(what, columns, wanted, found)


def _difference(
    what: str, columns: list[str], wanted: list[dict[str, str]], found: list[dict[str, str]]
) -> AssertionError:
    return AssertionError(f"{what}\nexpected\n{draw_table(columns, wanted)}\nfound\n{draw_table(columns, found)}")
