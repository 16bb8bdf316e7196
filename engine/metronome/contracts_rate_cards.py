"""Rate cards: as an export writes them, and as request bodies do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.catalog.rate_card import RateCard
from engine.metronome.json_text import json_text, json_value
from engine.metronome.request_body import Body, Row, custom_fields, instant, number, present


def rate_card_row(card: RateCard, names: Mapping[str, str]) -> Body:
    """A row of `contracts_rate_cards`; `names` are those of credit types."""
    conversions = [
        {
            "custom_credit_type_id": each.custom_credit_type_id,
            "custom_credit_type_name": names.get(each.custom_credit_type_id),
            "fiat_per_custom_credit": each.fiat_per_custom_credit,
        }
        for each in card.credit_type_conversions
    ]
    aliases = [
        {
            "name": each.name,
            "starting_at": instant(each.starting_at),
            "ending_before": instant(each.ending_before),
        }
        for each in card.aliases
    ]
    return {
        "id": card.id,
        "name": card.name,
        "description": card.description,
        "fiat_credit_type_id": card.fiat_credit_type_id,
        "fiat_credit_type_name": names.get(card.fiat_credit_type_id),
        "credit_type_conversions": json_text(conversions),
        "aliases": json_text(aliases),
        "metadata": json_text({"custom_fields": dict(card.custom_fields)}),
    }


def rate_card_body(row: Row, entries: Iterable[Row]) -> Body:
    """A rate card as a request body; its entries say in which order its products stand."""
    conversions = [
        present(
            custom_credit_type_id=each.get("custom_credit_type_id"),
            fiat_per_custom_credit=number(each.get("fiat_per_custom_credit")),
        )
        for each in json_value(row["credit_type_conversions"]) or ()
    ]
    aliases = [
        present(
            name=each.get("name") or each.get("alias"),
            starting_at=instant(each.get("starting_at")),
            ending_before=instant(each.get("ending_before")),
        )
        for each in json_value(row["aliases"]) or ()
    ]
    placed = sorted(
        (each["product_order"], each["product_id"]) for each in entries if each["product_order"] is not None
    )
    return present(
        id=row["id"],
        name=row["name"],
        description=row["description"],
        fiat_credit_type_id=row["fiat_credit_type_id"],
        credit_type_conversions=conversions,
        aliases=aliases,
        product_order=list(dict.fromkeys(product for _, product in placed)),
        custom_fields=custom_fields(row["metadata"]),
    )
