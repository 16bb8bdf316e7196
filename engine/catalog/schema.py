"""The JSON Schema of catalog files, for editors and pre-commit checks."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import models_json_schema

from engine.catalog.contract import Contract
from engine.catalog.customer import Customer
from engine.catalog.fields import CatalogObject
from engine.catalog.metric import BillableMetric
from engine.catalog.product import Product
from engine.catalog.rate_card import Rate, RateCard
from engine.catalog.shape import shape_of

_ITEMS: dict[str, type[CatalogObject]] = {
    "billable_metrics": BillableMetric,
    "products": Product,
    "rate_cards": RateCard,
    "rates": Rate,
    "customers": Customer,
    "contracts": Contract,
}
_TEXT = {"type": "string"}


def catalog_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of a catalog file: sections, each a list of items.

    Says which keys and types an item may have: those of the request bodies that are read or dropped, names
    in place of ids, ids left out. Whether a reference is given and leads anywhere only the loader can say.
    """
    _, schema = models_json_schema([(model, "validation") for model in _ITEMS.values()])
    definitions = schema["$defs"]
    for model in _all_models():
        _loosen(definitions[model.__name__], model)
    rate_list = {"type": "array", "items": {"$ref": "#/$defs/Rate"}}
    definitions["RateCard"]["properties"]["rates"] = rate_list
    definitions["RatesOfOneCard"] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {"rate_card_id": _TEXT, "rate_card": _TEXT, "rates": rate_list},
        "required": ["rates"],
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "duckbill catalog file",
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": {section: _section(model) for section, model in _ITEMS.items()},
        "$defs": definitions,
    }


def _section(model: type[CatalogObject]) -> dict[str, Any]:
    item: dict[str, Any] = {"$ref": f"#/$defs/{model.__name__}"}
    if model is Rate:
        item = {"anyOf": [item, {"$ref": "#/$defs/RatesOfOneCard"}]}
    return {"anyOf": [{"type": "array", "items": item}, {"type": "null"}]}


def _all_models() -> list[type[CatalogObject]]:
    found: dict[type[CatalogObject], None] = {}
    waiting = list(_ITEMS.values())
    while waiting:
        model = waiting.pop()
        found[model] = None
        waiting += [inner for inner, _ in shape_of(model).nested.values() if inner not in found]
    return list(found)


def _loosen(definition: dict[str, Any], model: type[CatalogObject]) -> None:
    """Lets an item leave out its id, refer by name, be null where absent, and carry keys that are dropped."""
    properties, required = definition["properties"], definition.get("required", [])
    properties.pop("source", None)
    for field, by_name, _ in shape_of(model).references:
        properties[by_name] = _TEXT
        if field in required:
            required.remove(field)
    if model is Contract:
        properties["rate_card_alias"] = _TEXT
        many = properties["usage_filter"]
        properties["usage_filter"] = {"anyOf": [many["items"], many]}
    if "id" in required:
        required.remove("id")
    for key in sorted(model.accepted - properties.keys()):
        properties[key] = True
