"""The oracle's own counting of values that are no numbers."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from tests.oracle.invalid_values import invalid_values
from tests.oracle.tiny import event, since, workspace

RATES = [since("2026-01-01", "1")]


def found(folder: Path, events: list[dict[str, Any]], **more: Any) -> list[tuple[Any, ...]]:
    rows = invalid_values(workspace(folder, RATES, **more), events, "2026-03")
    return [(row["metric"], row["customer"], row["date"].day, row["events"], row["properties"]) for row in rows]


def test_what_a_sum_cannot_read_is_counted_by_day(tmp_path: Path) -> None:
    events = [
        event("2026-03-01T00:00:00Z", n="many"),
        event("2026-03-01T23:59:59Z", "alias", n=""),
        event("2026-03-02T00:00:00Z", n="0x1F"),
        event("2026-03-02T00:00:00Z", n="+7.e2", m="no"),
        event("2026-03-02T00:00:00Z"),
        event("2026-03-02T00:00:00Z", "stranger", n="many"),
        event("2026-02-28T23:59:59Z", n="many"),
        event("2026-04-01T00:00:00Z", n="many"),
    ]
    assert found(tmp_path, events) == [("m1", "c1", 1, 2, ("n",)), ("m1", "c1", 2, 1, ("n",))]


def test_the_first_three_ids_are_kept_in_the_order_of_their_bytes(tmp_path: Path) -> None:
    events = [
        {**event("2026-03-05T12:00:00Z", n="x"), "transaction_id": name} for name in ("b", "é", "B", "\U0001f986")
    ]
    (row,) = invalid_values(workspace(tmp_path, RATES), events, "2026-03")
    assert (row["events"], row["sample_transaction_ids"], row["date"]) == (4, ("B", "b", "é"), date(2026, 3, 5))


def test_one_transaction_id_accepted_twice_is_two_events(tmp_path: Path) -> None:
    events = [
        {**event("2026-03-05T12:00:00Z", n="x", arrived=arrived), "transaction_id": "t"}
        for arrived in ("2026-04-01T00:00:00Z", "2026-05-10T00:00:00Z")
    ]
    folder = workspace(tmp_path, RATES)
    (row,) = invalid_values(folder, events, "2026-03")
    assert (row["events"], row["sample_transaction_ids"]) == (2, ("t",))
    (row,) = invalid_values(folder, events, "2026-03", as_of=datetime(2026, 5, 1))
    assert row["events"] == 1


def test_filters_hold_and_what_is_counted_reads_no_number(tmp_path: Path) -> None:
    calls = {"in_values": ["call"]}
    filters = [{"name": "n", "exists": True}, {"name": "kind", "in_values": ["paid"]}]
    latest = {"aggregation_type": "LATEST", "aggregation_key": "n", "property_filters": filters}
    metric = {**latest, "event_type_filter": calls}
    events = [
        {**event("2026-03-01T00:00:00Z", n="x"), "event_type": kind, "properties": {"n": "x", "kind": word}}
        for kind, word in (("call", "paid"), ("call", "free"), ("stop", "paid"))
    ]
    assert found(tmp_path / "latest", events, metric=metric) == [("m1", "c1", 1, 1, ("n",))]
    for aggregation in ("COUNT", "UNIQUE"):
        assert found(tmp_path / aggregation, events, metric={**metric, "aggregation_type": aggregation}) == []


def test_a_quarter_is_looked_at_from_its_first_day(tmp_path: Path) -> None:
    contract = {"usage_statement_schedule": {"frequency": "QUARTERLY"}}
    events = [event("2026-01-01T00:00:00Z", n="x"), event("2025-12-31T23:59:59Z", n="x")]
    assert found(tmp_path, events, contract=contract) == [("m1", "c1", 1, 1, ("n",))]
