"""The JSON Schema of catalog files, for editors and pre-commit checks."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from pydantic.json_schema import models_json_schema

from engine.catalog.alert import Alert
from engine.catalog.contract import Contract
from engine.catalog.contract_edit import ContractEdit
from engine.catalog.credit_type import PricingUnit
from engine.catalog.customer import Customer
from engine.catalog.customer_balance import CustomerCommit, CustomerCredit
from engine.catalog.fields import CatalogObject
from engine.catalog.manual_balance_entry import ManualBalanceEntry
from engine.catalog.metric import BillableMetric
from engine.catalog.package import SETTINGS, TERMS, Package
from engine.catalog.product import Product
from engine.catalog.rate_card import Rate, RateCard
from engine.catalog.shape import shape_of

_ITEMS: dict[str, type[CatalogObject]] = {
    "pricing_units": PricingUnit,
    "billable_metrics": BillableMetric,
    "products": Product,
    "rate_cards": RateCard,
    "rates": Rate,
    "customers": Customer,
    "packages": Package,
    "contracts": Contract,
    "contract_edits": ContractEdit,
    "commits": CustomerCommit,
    "credits": CustomerCredit,
    "manual_balance_entries": ManualBalanceEntry,
    "alerts": Alert,
}
_TEXT = {"type": "string"}
_DURATION = {"$ref": "#/$defs/Duration"}

#: In a package, times are counted from the contract's start: what stands in place of what.
_COUNTED: dict[str, dict[str, tuple[str, ...]]] = {
    **{
        name: {"starting_at": ("starting_at_offset",), "ending_before": ("duration",)}
        for name in ("Override", "Subscription", "AccessSegment", "RecurringCommit", "RecurringCredit")
    },
    "UsageStatementSchedule": {
        "invoice_generation_starting_at": (
            "invoice_generation_starting_at",
            "invoice_generation_starting_at_offset",
        )
    },
    "ScheduleItem": {"timestamp": ("timestamp", "date_offset", "starting_at_offset")},
    "RecurringSchedule": {
        "starting_at": ("starting_at", "starting_at_offset"),
        "ending_before": ("ending_before", "duration"),
    },
}
_TERM_MODELS = dict(
    zip(
        TERMS,
        (
            *("Override", "Subscription", "ScheduledCharge", "ScheduledCharge"),
            *("Commit", "Credit", "RecurringCommit", "RecurringCredit"),
        ),
        strict=True,
    )
)

#: The threshold configurations of a contract, the models of them and of their commits.
_THRESHOLDS = {
    "prepaid_balance_threshold_configuration": ("PrepaidBalanceThreshold", "PrepaidThresholdCommit"),
    "spend_threshold_configuration": ("SpendThreshold", "SpendThresholdCommit"),
}


def catalog_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of a catalog file: sections, each a list of items.

    Says which keys and types an item may have: those of the request bodies that are read or dropped, names
    in place of ids, ids left out. Whether a reference is given and leads anywhere only the loader can say.
    """
    _, schema = models_json_schema([(model, "validation") for model in _ITEMS.values()])
    definitions = schema["$defs"]
    for model in _all_models():
        _loosen(definitions[model.__name__], model)
    _write_terms_of_packages(definitions)
    _write_terms_of_edits(definitions)
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


def _write_terms_of_packages(definitions: dict[str, Any]) -> None:
    """The terms and settings of a package, which are a contract's but for their times."""
    for name, counted in _COUNTED.items():
        definition = deepcopy(definitions[name])
        for key, instead in counted.items():
            written = definition["properties"].pop(key)
            definition["properties"] |= {each: written if each == key else _DURATION for each in instead}
        definition["required"] = [key for key in definition.get("required", []) if key not in counted]
        if name != "ScheduleItem":
            definition["properties"].pop("id", None)
        definitions[f"Package{name}"] = definition
    for name, inner in (
        ("ChargeSchedule", {"ScheduleItem", "RecurringSchedule"}),
        ("ScheduledCharge", {"ChargeSchedule"}),
        ("AccessSchedule", {"AccessSegment"}),
        ("Commit", {"AccessSchedule", "ChargeSchedule"}),
        ("Credit", {"AccessSchedule"}),
    ):
        definitions[f"Package{name}"] = _pointing_into_packages(definitions[name], inner)
    for name in ("ScheduledCharge", "Commit", "Credit"):
        definitions[f"Package{name}"]["properties"].pop("id")
    package, contract = definitions["Package"]["properties"], definitions["Contract"]["properties"]
    package |= _pointing_into_packages({key: contract[key] for key in SETTINGS}, {"UsageStatementSchedule"})
    package |= {key: _list_of(f"Package{name}") for key, name in _TERM_MODELS.items()}


def _pointing_into_packages(value: Any, names: set[str]) -> Any:
    """A copy of a schema that refers to the definitions of a package instead."""
    if isinstance(value, dict):
        name = str(value.get("$ref", "")).rpartition("/")[2]
        if name in names:
            return {**value, "$ref": f"#/$defs/Package{name}"}
        return {key: _pointing_into_packages(each, names) for key, each in value.items()}
    return [_pointing_into_packages(each, names) for each in value] if isinstance(value, list) else value


def _write_terms_of_edits(definitions: dict[str, Any]) -> None:
    edit = definitions["ContractEdit"]["properties"]
    edit |= {f"add_{key}": _list_of(name) for key, name in _TERM_MODELS.items()}
    for key, (model, commit_model) in _THRESHOLDS.items():
        edit[f"add_{key}"] = definitions["Contract"]["properties"][key]
        for name in (model, commit_model):
            definitions[f"{name}Edit"] = _any_part_of(definitions[name])
        definitions[f"{model}Edit"]["properties"]["commit"] = {"$ref": f"#/$defs/{commit_model}Edit"}
        edit[f"update_{key}"] = _or_null({"$ref": f"#/$defs/{model}Edit"})
    for name in ("Commit", "Credit", "RecurringCommit", "RecurringCredit"):
        of_edit = definitions[f"{name}Edit"]["properties"]
        of_balance = definitions[name]["properties"]
        of_edit |= {key: _or_null(of_balance[key]) for key, said in of_edit.items() if not _says_what(said)}
    for name, added in (("InvoiceScheduleEdit", "ScheduleItem"), ("AccessScheduleEdit", "AccessSegment")):
        definitions[name]["properties"]["add_schedule_items"] = _list_of(added)


def _any_part_of(definition: dict[str, Any]) -> dict[str, Any]:
    """An object with some of the keys, each of which may be null."""
    part = deepcopy(definition)
    part["properties"] = {
        key: each if key == "commit" or each is True else _or_null(each) for key, each in part["properties"].items()
    }
    return {**part, "required": []}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _says_what(schema: object) -> bool:
    """Whether a schema restricts anything."""
    return schema is True or (isinstance(schema, dict) and not {"type", "$ref", "anyOf", "enum"}.isdisjoint(schema))


def _list_of(name: str) -> dict[str, Any]:
    return {"anyOf": [{"type": "array", "items": {"$ref": f"#/$defs/{name}"}}, {"type": "null"}]}


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
    for field, by_names, _ in shape_of(model).reference_lists:
        if by_names != field:
            properties[by_names] = {"type": "array", "items": _TEXT}
    if model is Contract:
        del properties["terms_end_at"]
        properties |= {"rate_card_alias": _TEXT, "package": _TEXT, "package_alias": _TEXT}
        many = properties["usage_filter"]
        properties["usage_filter"] = {"anyOf": [many["items"], many]}
    if "id" in required:
        required.remove("id")
    for key in sorted(model.accepted - properties.keys()):
        properties[key] = True
