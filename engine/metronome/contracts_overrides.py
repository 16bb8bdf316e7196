"""Overrides: as an export writes them, and as request bodies do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.catalog.override import BALANCE_FIELDS, Override, OverrideSpecifier, OverrideType
from engine.metronome.contracts_rates import price_body, price_json
from engine.metronome.json_text import json_text, json_value
from engine.metronome.request_body import Body, Row, instant, number, pairs, present, texts, upper

_OVERWRITE = "overwrite_"
_TIERED = "tiered"


def override_row(override: Override, contract_id: str, currency: str, names: Mapping[str, str]) -> Body:
    """A row of `contracts_overrides`; `currency` is the rate card's, `names` are those of credit types."""
    overwrite = override.overwrite_rate
    credit_type_id = None
    if overwrite is not None:
        credit_type_id = overwrite.credit_type_id or (None if overwrite.rate_type.is_percentage else currency)
    tags, specifiers = override.applicable_product_tags, override.override_specifiers
    tiers = [present(size=each.size) | {"multiplier": each.multiplier} for each in override.tiers]
    return {
        "id": override.id,
        "contract_id": contract_id,
        "product_id": override.product_id,
        "entitled": override.entitled,
        "rate_type": _rate_type(override),
        "multiplier": override.multiplier,
        "priority": override.priority,
        "new_rate": None if overwrite is None else json_text(price_json(overwrite)),
        "credit_type_id": credit_type_id,
        "credit_type_name": names.get(credit_type_id or ""),
        "applicable_product_tags": None if tags is None else json_text(tags),
        "override_specifiers": None
        if specifiers is None
        else json_text([_specifier_json(each) for each in specifiers]),
        "target": override.target,
        "is_commit_specific": override.is_commit_specific,
        "tiered_override": json_text({"tiers": tiers}) if tiers else None,
        "starting_at": override.starting_at,
        "ending_before": override.ending_before,
    }


def _rate_type(override: Override) -> str | None:
    if override.overwrite_rate is not None:
        return _OVERWRITE + override.overwrite_rate.rate_type.value.lower()
    return {OverrideType.MULTIPLIER: "multiplier", OverrideType.TIERED: _TIERED}.get(
        override.type or OverrideType.OVERWRITE
    )


def _specifier_json(specifier: OverrideSpecifier) -> Body:
    """What the export has of a specifier: neither billing frequencies nor recurring credits."""
    return present(
        product_id=specifier.product_id,
        product_tags=specifier.product_tags,
        pricing_group_values=_named(specifier.pricing_group_values),
        presentation_group_values=_named(specifier.presentation_group_values),
        commit_ids=specifier.commit_ids,
        recurring_commit_ids=specifier.recurring_commit_ids,
        any_commit_or_credit_ids=specifier.any_commit_or_credit_ids,
    )


def _named(values: tuple[tuple[str, str], ...]) -> list[Body]:
    return [{"name": name, "value": value} for name, value in values]


def override_body(row: Row, currency: str | None) -> Body:
    """An override as a request body; `currency` is the rate card's."""
    kind, body = row["rate_type"] or "", Body()
    if kind.startswith(_OVERWRITE):
        rate = price_body(row["new_rate"]) or {"rate_type": upper(kind.removeprefix(_OVERWRITE))}
        is_plain = "PERCENTAGE" in rate["rate_type"] or row["credit_type_id"] == currency
        rate |= present(credit_type_id=None if is_plain else row["credit_type_id"])
        body = {"type": "OVERWRITE", "overwrite_rate": rate}
    elif row["tiered_override"] is not None:
        body = {"type": "TIERED", "tiers": _tiers(json_value(row["tiered_override"]))}
    elif kind:
        body = present(type=upper(kind), multiplier=number(row["multiplier"]))
    priority = number(row["priority"])
    specifiers = [_specifier_body(each) for each in json_value(row["override_specifiers"]) or ()]
    return body | present(
        id=row["id"],
        starting_at=instant(row["starting_at"]),
        ending_before=instant(row["ending_before"]),
        entitled=row["entitled"],
        priority=int(priority) if priority is not None and priority == int(priority) else priority,
        product_id=row["product_id"],
        applicable_product_tags=texts(row["applicable_product_tags"]),
        override_specifiers=specifiers,
        is_commit_specific=row["is_commit_specific"] or None,
        target=None if upper(row["target"]) == "LIST_RATE" else upper(row["target"]),
    )


def _tiers(value: Any) -> list[Body]:
    tiers = value.get("tiers") or () if isinstance(value, dict) else value
    return [present(size=number(each.get("size")), multiplier=number(each.get("multiplier"))) for each in tiers]


def _specifier_body(value: Mapping[str, Any]) -> Body:
    return present(
        product_id=value.get("product_id"),
        product_tags=value.get("product_tags"),
        pricing_group_values=pairs(value.get("pricing_group_values")),
        presentation_group_values=pairs(value.get("presentation_group_values")),
        **{field: value.get(field) for field in BALANCE_FIELDS},
    )
