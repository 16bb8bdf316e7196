"""What a changed catalog now bills in a month that it did not bill there before: contracts are often signed late.

Prices do not count: what is finalized keeps the prices that it was made with.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from engine.catalog.catalog import Catalog
from engine.catalog.contract import Contract
from engine.catalog.customer_balance import CustomerCommit
from engine.rating.charges import charge_inputs
from engine.values.period import Period

#: The sections of a catalog that say what is due when.
_SECTIONS = ("contracts", "commits")


def bills_more(before: Mapping[str, Any], now: Mapping[str, Any], period: Period) -> bool:
    """Whether `now` has statements, subscriptions or charges in a billing period that `before` has not, or others.

    Both are catalogs as `Catalog.to_json` writes them, parsed. Only what differs between them is looked at, so that a
    catalog of many contracts costs no more than those that were written or changed.
    """
    changed = [{each["id"]: each for each in now.get(section, ())} for section in _SECTIONS]
    known = [{each["id"]: each for each in before.get(section, ())} for section in _SECTIONS]
    pairs = [_differing(was, there) for was, there in zip(known, changed, strict=True)]
    was, there = (_part(*(pair[side] for pair in pairs)) for side in (0, 1))
    return _due(was, period) != _due(there, period)


def recorded_catalog(text: str) -> dict[str, Any]:
    """The sections of a catalog's JSON that say what is due when."""
    sections: dict[str, Any] = json.loads(text)
    return {section: sections.get(section, []) for section in _SECTIONS}


def _differing(
    was: Mapping[str, Mapping[str, Any]], there: Mapping[str, Mapping[str, Any]]
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """The objects that are not the same on both sides, on each of them."""
    ids = [each for each in was.keys() | there.keys() if was.get(each) != there.get(each)]
    return [was[each] for each in ids if each in was], [there[each] for each in ids if each in there]


def _part(contracts: Iterable[Mapping[str, Any]], commits: Iterable[Mapping[str, Any]]) -> Catalog:
    return Catalog(
        contracts=tuple(Contract.model_validate_json(json.dumps(each)) for each in contracts),
        commits=tuple(CustomerCommit.model_validate_json(json.dumps(each)) for each in commits),
    )


def _due(catalog: Catalog, period: Period) -> frozenset[object]:
    """What these contracts and commits bring due in a period, whatever it costs: statements, terms and charges."""
    tables = charge_inputs(catalog, period)
    steps = tables["subscriptions"].select(["subscription_no", "subscription_id", "ending_before"])
    quantities = tables["subscription_quantities"].join(steps, "subscription_no").to_pylist()
    asked = (
        (row["subscription_id"], row["starting_at"], row["quantity"], min(row["ending_before"], period.ending_before))
        for row in quantities
        if row["starting_at"] < period.ending_before and period.starting_at < row["ending_before"]
    )
    charges = tables["scheduled_charges"].drop_columns(["charge_name", "custom_fields"]).to_pylist()
    return frozenset((*_statements(catalog, period), *asked, *(tuple(each.values()) for each in charges)))


def _statements(catalog: Catalog, period: Period) -> Iterable[object]:
    """By what the statement periods of contracts in force are cut; an end after the billing period has not come yet."""
    for each in catalog.contracts:
        ends_at = period.ending_before if each.ending_before is None else min(each.ending_before, period.ending_before)
        if each.starting_at < period.ending_before and period.starting_at < ends_at:
            schedule = each.usage_statement_schedule
            yield each.id, each.starting_at, ends_at, schedule, each.statement_anchor
