"""Customers, pricing units, metrics and alerts of an export as request bodies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.catalog.alert import AlertType
from engine.catalog.credit_type import FIAT_ID_OF_NAME, FIATS
from engine.catalog.metric import Aggregation
from engine.metronome.json_text import json_value
from engine.metronome.request_body import Body, Row, number, pairs, present, texts, upper

#: The event type that stands in a metric for SQL that an export does not hold; no event has it.
UNKNOWN_SQL = "duckbill: the SQL of this metric was not exported"


def customer_bodies(rows: Iterable[Row], notes: list[str]) -> list[Body]:
    """Customers; an ingest alias that two of them have goes to the first."""
    taken: dict[str, str] = {}
    bodies = []
    for row in rows:
        aliases = []
        for alias in dict.fromkeys(texts(row["ingest_aliases"])):
            if taken.setdefault(alias, row["id"]) == row["id"]:
                aliases.append(alias)
            else:
                notes.append(f"ingest alias {alias!r} is customer {taken[alias]}'s, and not {row['id']}'s as well")
        fields = pairs(json_value(row["custom_fields"]))
        bodies.append(present(id=row["id"], name=row["name"], ingest_aliases=aliases, custom_fields=fields))
    return bodies


def pricing_unit_bodies(rows: Iterable[Row], notes: list[str]) -> list[Body]:
    """Custom pricing units, and currencies that go by another id than duckbill's own."""
    bodies = []
    for row in rows:
        name, definition = row["name"], json_value(row["duckbill_definition"])
        if definition is not None:
            bodies.append({**definition, **present(id=row["id"], name=name)})
        elif row["id"] in FIATS:
            continue
        elif not row["is_currency"]:
            bodies.append(present(id=row["id"], name=name))
        elif name in FIAT_ID_OF_NAME and FIAT_ID_OF_NAME[name] in (row["id"], name):
            bodies.append(present(id=row["id"], name=name, is_currency=True))
        else:
            notes.append(f"currency {name!r} ({row['id']}) is none that duckbill knows; it is left out")
    return bodies


def metric_bodies(rows: Iterable[Row], used: Mapping[str, list[list[str]]], notes: list[str]) -> list[Body]:
    """Billable metrics; `used` are the group keys by which products use each, of which some may not be exported."""
    return [_metric(row, used.get(row["id"], []), notes) for row in rows]


def _metric(row: Row, used: list[list[str]], notes: list[str]) -> Body:
    definition = json_value(row["duckbill_definition"])
    keys = [list(map(str, [key] if isinstance(key, str) else key)) for key in json_value(row["group_keys"]) or ()]
    aggregation = upper(row["aggregate"])
    if definition is not None:
        body = {**definition, **present(id=row["id"], name=row["name"])}
        if body.get("sql") is None and aggregation is not None:
            body |= present(aggregation_type=aggregation, group_keys=keys)
        return body
    body = present(id=row["id"], name=row["name"])
    keys += [key for key in used if key and not any(set(key) <= set(each) for each in keys)]
    grouped = list(dict.fromkeys(name for key in keys for name in key))
    aggregated = next(iter(texts(row["aggregate_keys"])), None)
    if aggregation not in list(Aggregation) or (aggregation != Aggregation.COUNT and aggregated is None):
        notes.append(f"metric {row['name']!r} is SQL that is not exported: it counts nothing until its sql is given")
        body |= {"aggregation_type": "COUNT", "event_type_filter": {"in_values": [UNKNOWN_SQL]}}
        aggregated = None
    else:
        notes.append(f"metric {row['name']!r}: its filters are not exported, so events of every type count")
        body |= present(
            aggregation_type=aggregation, aggregation_key=None if aggregation == Aggregation.COUNT else aggregated
        )
    needed = dict.fromkeys([*([] if "aggregation_key" not in body else [body["aggregation_key"]]), *grouped])
    return body | present(property_filters=[{"name": name, "exists": True} for name in needed], group_keys=keys)


def alert_bodies(rows: Iterable[Row], notes: list[str]) -> list[Body]:
    """Alerts that duckbill can watch and that are neither disabled nor archived."""
    return list(_alerts(rows, notes))


def _alerts(rows: Iterable[Row], notes: list[str]) -> Iterator[Body]:
    for row in rows:
        if row["archived_at"] is not None or row["disabled_at"] is not None:
            continue
        kind = upper(row["alert_type"])
        restricted = [key for key in ("group_values", "seat_filter") if json_value(row[key])]
        if kind not in list(AlertType) or restricted:
            why = f"its {restricted[0]}" if restricted else f"type {row['alert_type']}"
            notes.append(f"alert {row['name']!r} is left out: duckbill does not watch {why}")
            continue
        yield present(
            id=row["id"],
            name=row["name"],
            alert_type=kind,
            threshold=number(row["threshold"]),
            customer_id=row["customer_id"],
            credit_type_id=row["duckbill_credit_type_id"],
        )
