"""Usage filters of contracts: as an export writes them, in two tables, and as request bodies do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from engine.catalog.contract import Contract
from engine.metronome.json_text import json_text
from engine.metronome.request_body import Body, Row, instant, present, texts
from engine.values.ids import derived_id
from engine.values.period import ALWAYS


def usage_filter_rows(contract: Contract) -> list[Body]:
    """Rows of `contracts_usage_filters` and of `contracts_usage_filter_schedule` together, by version."""
    starts = [each.starting_at or contract.starting_at for each in contract.usage_filter]
    ends: list[datetime | None] = [*starts[1:], contract.ending_before]
    return [
        {
            "id": derived_id("usage_filter", contract.id, str(version)),
            "contract_id": contract.id,
            "version": version,
            "starting_at": start,
            "ending_before": end,
            "group_key": each.group_key,
            "group_values": json_text(each.group_values),
        }
        for version, (each, start, end) in enumerate(
            zip(contract.usage_filter, starts, ends[: len(starts)], strict=True), start=1
        )
    ]


def usage_filter_body(versions: Iterable[Row], schedule: Iterable[Row], contract: Row) -> list[Body]:
    """The usage filters of a contract: of the rows of either table, whichever has some.

    At any time the filter with the largest version counts among those that have begun.
    """
    chosen = _in_force(list(versions)) or sorted(schedule, key=lambda row: row["starting_at"] or ALWAYS.starting_at)
    return [
        present(
            group_key=row["group_key"],
            group_values=texts(row["group_values"]),
            starting_at=None if _from_the_start(row, contract) and not position else instant(row["starting_at"]),
        )
        for position, row in enumerate(chosen)
    ]


def _in_force(versions: Sequence[Row]) -> list[Row]:
    found: list[Row] = []
    for row in sorted(versions, key=lambda row: row["version"] or 0, reverse=True):
        start = row["starting_at"] or ALWAYS.starting_at
        if not found or start < (found[0]["starting_at"] or ALWAYS.starting_at):
            found.insert(0, row)
    return found


def _from_the_start(row: Row, contract: Row) -> bool:
    start = row["starting_at"]
    return start is None or (contract["starting_at"] is not None and start <= contract["starting_at"])
