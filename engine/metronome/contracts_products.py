"""Products: one row for each of their versions in an export, one request body with updates for all of them."""

from __future__ import annotations

from collections.abc import Sequence

from engine.catalog.product import VERSIONED, CompositeScope, Product, ProductType, ProductVersion
from engine.metronome.json_text import json_text, json_value
from engine.metronome.request_body import (
    Body,
    Row,
    custom_fields,
    full_body,
    instant,
    number,
    present,
    texts,
    upper,
)
from engine.values.ids import derived_id

#: What takes a value away in an update.
_NOTHING = {"quantity_conversion": "none", "quantity_rounding": "none"}


def product_rows(product: Product) -> list[Body]:
    """Rows of `contracts_product_list_item_versions`, the version without a start first."""
    return [_version_row(product, each, number) for number, each in enumerate(product.versions(), start=1)]


def _version_row(product: Product, version: ProductVersion, version_number: int) -> Body:
    conversion, rounding = version.quantity_conversion, version.quantity_rounding
    return {
        "id": derived_id("product_version", product.id, str(version_number)),
        "product_list_item_id": product.id,
        "type": product.type,
        "version": version_number,
        "name": version.name,
        "billable_metric_id": version.billable_metric_id,
        "composite_product_ids": json_text(version.composite_product_ids),
        "composite_scope": product.composite_scope,
        "tags": json_text(version.tags),
        "composite_tags": json_text(version.composite_tags),
        "quantity_conversion": None if conversion is None else json_text(full_body(conversion)),
        "quantity_rounding": None if rounding is None else json_text(full_body(rounding)),
        "pricing_group_key": json_text(version.pricing_group_key),
        "presentation_group_key": json_text(version.presentation_group_key),
        "metadata": json_text({"custom_fields": dict(product.custom_fields)}),
        "starting_at": version.starting_at,
    }


def product_body(versions: Sequence[Row], notes: list[str]) -> Body:
    """A product as a request body; `versions` are its rows in the order of their numbers. The first has no start."""
    first = versions[0]
    kind = _type(first["type"])
    body = present(id=first["product_list_item_id"], type=kind) | _version_body(first)
    before = _version_body(first)
    updates = []
    for row in versions[1:]:
        now = _version_body(row)
        changed = {key: now.get(key, _NOTHING.get(key, [])) for key in VERSIONED if now.get(key) != before.get(key)}
        if changed:
            updates.append({"starting_at": instant(row["starting_at"])} | changed)
        before = now
    body |= present(updates=updates, custom_fields=custom_fields(first["metadata"]))
    if first["composite_scope"] is not None and kind == ProductType.COMPOSITE:
        if upper(first["composite_scope"]) == CompositeScope.CONTRACT:
            body["composite_scope"] = "CONTRACT"
        else:
            scope = first["composite_scope"]
            notes.append(f"product {first['name']!r}: composite_scope {scope} is taken as CONTRACT")
    if any(row["include_composite_spend"] for row in versions):
        notes.append(f"product {first['name']!r}: include_composite_spend is left out, which duckbill does not bill")
    return body


def _type(given: str | None) -> str | None:
    """Exports may call a type by its class: UsageProductListItem."""
    return upper((given or "").removesuffix("ProductListItem"))


def _version_body(row: Row) -> Body:
    conversion, rounding = json_value(row["quantity_conversion"]), json_value(row["quantity_rounding"])
    return present(
        name=row["name"],
        tags=texts(row["tags"]),
        billable_metric_id=row["billable_metric_id"],
        quantity_conversion=conversion
        and present(
            conversion_factor=number(conversion.get("conversion_factor")),
            operation=upper(conversion.get("operation")),
            name=conversion.get("name"),
        ),
        quantity_rounding=rounding
        and present(rounding_method=upper(rounding.get("rounding_method")), decimal_places=rounding["decimal_places"]),
        pricing_group_key=texts(row["pricing_group_key"]),
        presentation_group_key=texts(row["presentation_group_key"]),
        composite_product_ids=texts(row["composite_product_ids"]),
        composite_tags=texts(row["composite_tags"]),
    )
